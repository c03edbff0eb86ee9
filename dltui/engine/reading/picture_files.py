"""Pictures of many files, all of one scale, which is never that of each by itself; every broken one is named."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from dltui.engine.reading import picture, walk
from dltui.errors import DltuiError, ExitStatus

TELL_EVERY = 500  # pictures between two words of progress
FEW_SHADES = (1, 16)  # what is white in files of 8 bits that hold masks, or digits of scikit-learn
USUAL = 100  # where the largest of all pixels is less, it is told
MOST_BROKEN = 50  # pictures after which no more are looked for


def read_pictures(
    files: Sequence[Path], channels: int, size: int, root: Path, report: Callable[[str], None]
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Returns the pictures of files as (N, channels, size, size) uint8, and words on their scale where it is found out.

    root: from which the files are named in messages. Raises DltuiError (4) that names those that cannot be read.
    """
    inputs = np.zeros((len(files), channels, size, size), np.uint8)
    largest: dict[str, float] = {}  # of pictures of 32 bits, whose format does not say what is white
    later: dict[str, list[int]] = {}
    high = 0  # the largest pixel of all others, as far as it matters
    broken: list[tuple[Path, DltuiError]] = []
    for row, path in enumerate(files):
        if row % TELL_EVERY == 0:
            report(f"reading pictures {row:,}/{len(files):,}")
        try:
            opened = picture.open_picture(path)
            if opened.mode in picture.DEPTHS:
                largest[opened.mode] = max(picture.brightest(opened, str(path)), largest.get(opened.mode, 0))
                later.setdefault(opened.mode, []).append(row)
            else:
                inputs[row] = picture.fitted(opened, channels, size)
                high = high if high >= USUAL else max(high, _largest(opened))
        except DltuiError as error:
            broken.append((path, error))
            if len(broken) == MOST_BROKEN:
                break
    _refuse(broken, root)
    white = picture.white_of(largest)
    notes = [f"pictures of 32 bits: {of:,} is white" for of in white.values()]
    if not later and 0 < high <= FEW_SHADES[-1]:
        white = {"": next(shade for shade in FEW_SHADES if high <= shade)}
        later = {"": list(range(len(files)))}
        notes = [f"pixels are 0..{high}: {white['']} is white"]
    elif not later and high < USUAL:
        notes = [f"pixels are 0..{high} of 0..255, where 255 is white: the pictures are dark"]
    for mode, rows in later.items():
        for row in rows:
            opened = picture.open_picture(files[row])
            inputs[row] = picture.fitted(opened, channels, size, white=white[mode], where=str(files[row]))
    return inputs, tuple(notes)


def _largest(opened: Image.Image) -> int:
    """The largest number of a picture's colours, of 0..255."""
    if opened.mode in picture.WHITE:
        return int(opened.getextrema()[1] / picture.WHITE[opened.mode] * 255)
    if opened.mode not in ("L", "RGB", "RGBA"):
        opened = opened.convert("RGBA" if opened.has_transparency_data else "RGB")
    bands = opened.getextrema()
    return int(bands[1] if opened.mode == "L" else max(band[1] for band in bands[:3]))


def _refuse(broken: list[tuple[Path, DltuiError]], root: Path) -> None:
    if not broken:
        return
    (_, first), *others = broken
    beside = f" Neither can {walk.named([path for path, _ in others], root)}." if others else ""
    raise DltuiError(f"{first.message}{beside}", first.hint, ExitStatus.DATA)
