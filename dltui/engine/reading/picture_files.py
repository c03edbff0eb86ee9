"""Pictures of many files, all of one scale, which is never that of each by itself; every broken one is named."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from dltui.engine.reading import picture, walk
from dltui.errors import DltuiError, ExitStatus

TELL_EVERY = 500  # pictures between two words of progress
# what is white, of 255, in files that hold masks (in 16 bits, in 8), or digits of scikit-learn; 1 is 257 of 16 bits
FEW_SHADES = (1 / 257, 1, 16)
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
    high = 0.0  # the largest pixel of all others, as far as it matters
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
    notes = tuple(f"pictures of 32 bits: {of:,} is white" for of in white.values())
    if not later:
        of_all, notes = _scale(high)
        white, later = {"": of_all}, {"": list(range(len(files)))} if of_all else {}
    for mode, rows in later.items():
        for row in rows:
            opened = picture.open_picture(files[row])
            inputs[row] = picture.fitted(opened, channels, size, white=white[mode], where=str(files[row]))
    return inputs, notes


def white_in(opened: Image.Image, where: str) -> tuple[float, tuple[str, ...]]:
    """Returns which number is white in a picture that is alone, 0 where its format says it, and words on it.

    where: how an error names it. Raises DltuiError (4) as `picture.brightest`.
    """
    if opened.mode in picture.DEPTHS:
        white = picture.white_of({opened.mode: picture.brightest(opened, where)})[opened.mode]
        return white, (f"a picture of 32 bits: {white:,} is white",)
    return _scale(_largest(opened))


def _scale(high: float) -> tuple[float, tuple[str, ...]]:
    """Which number is white, where the largest pixel of 0..255 is `high`; 0 for 255; and words where it is unusual."""
    if not 0 < high <= FEW_SHADES[-1]:
        dark = f"pixels are 0..{high:.0f} of 0..255, where 255 is white: the pictures are dark"
        return 0, (dark,) if high < USUAL else ()
    white = next(shade for shade in FEW_SHADES if high <= shade)
    if high < 1:
        return white, (f"pixels are 0..{high * 257:.0f} in 16 bits: {white * 257:.0f} is white",)
    return white, (f"pixels are 0..{high:.3g}: {white} is white",)


def _largest(opened: Image.Image) -> float:
    """The largest number of a picture's colours, of 0..255."""
    if opened.mode in picture.WHITE:
        return opened.getextrema()[1] / picture.WHITE[opened.mode] * 255
    if opened.mode not in ("L", "RGB") or opened.has_transparency_data:
        opened = picture.opaque(opened).convert("RGB")
    bands = opened.getextrema()
    return float(bands[1] if opened.mode == "L" else max(high for _, high in bands))


def _refuse(broken: list[tuple[Path, DltuiError]], root: Path) -> None:
    if not broken:
        return
    (_, first), *others = broken
    beside = f" Neither can {walk.named([path for path, _ in others], root)}." if others else ""
    raise DltuiError(f"{first.message}{beside}", first.hint, ExitStatus.DATA)
