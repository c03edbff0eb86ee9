"""Pictures and their masks in two folders of the user's own: a mask has the name of its picture, and turns with it."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from dltui.engine.reading import walk
from dltui.engine.reading.orientation import turned_mask
from dltui.engine.reading.picture import SUFFIXES, form_of, open_upright
from dltui.errors import DltuiError, ExitStatus

# names of the two folders, in any case
IMAGES = ("image", "images", "img", "imgs", "pictures")
MASKS = ("label", "labels", "mask", "masks", "annotations", "segmentation")
TARGETS = ("target", "targets", "clean", *MASKS)  # where pictures that others are to become may lie
ENDS = ("_mask", "_label", "_seg", "_gt")  # what some names of masks have behind that of the picture
LOOKED_AT = 8  # masks, to see what they hold
MOST_CLASSES = 64  # of masks: what has more is no mask
COLOUR = 1 << 24  # where the numbers of colours begin: above those of any grey of 16 bits
ALIKE = 0.02  # by how much the ratios of a picture's and a mask's sides may differ


class Pairs(NamedTuple):
    """Pictures and their masks, by name; what was noticed."""

    pairs: list[tuple[Path, Path]]
    notes: tuple[str, ...]


def folders(folder: Path, partners: tuple[str, ...] = MASKS) -> tuple[Path, Path] | None:
    """Returns the folders of pictures and of masks in a folder; None where they are not both there.

    partners: names that the folder of masks may have.
    """
    inside = walk.subfolders(folder)
    pair = [next((path for path in inside if path.name.lower() in names), None) for names in (IMAGES, partners)]
    return (pair[0], pair[1]) if all(pair) else None


def pairs(path: Path, hint: str, partners: tuple[str, ...] = MASKS) -> Pairs:
    """Returns the pictures of a folder that have a mask, two or more. Raises DltuiError (4).

    partners: names that the folder of masks may have; TARGETS where they are pictures.
    """
    named = "images/ and masks/" if partners is MASKS else f"image/ and {partners[0]}/"
    partner = "mask" if partners is MASKS else partners[0]
    try:
        both = folders(path, partners) if path.is_dir() else None
        if both is None:
            inside = walk.named([f"{one.name}/" for one in walk.subfolders(path)]) if path.is_dir() else ""
            found = inside or ("a file" if path.is_file() else "nothing there")
            raise _wrong(path, f"expected {named}, found {found}", hint)
        walked = [walk.walk(one, SUFFIXES) for one in both]
    except OSError as error:
        raise _wrong(path, str(error.strerror), hint) from None
    images, masks = (_by_name(one.files, of) for one, of in zip(walked, both, strict=True))
    found = [(file, masks[name]) for name, file in sorted(images.items()) if name in masks]
    if len(found) < 2:
        what = f"{len(images)} in {both[0].name}/, {len(masks)} in {both[1].name}/, {len(found)} with the same name"
        raise _wrong(path, f"expected two pictures or more with their {partner}s, found {what}", hint)
    passed_over = walk.passed_over_note(walked[0].passed_over + walked[1].passed_over)
    return Pairs(found, (*_alone(images, masks, partner), *_alone(masks, images, "picture"), *passed_over))


def _alone(some: dict[str, Path], others: dict[str, Path], partner: str) -> tuple[str, ...]:
    """A sentence on files without a partner, () where all have one."""
    files = [file for name, file in some.items() if name not in others]
    if not files:
        return ()
    root = files[0].parent
    return (f"passed over: {len(files):,} in {root.name}/ without a {partner} ({walk.named(files, root)})",)


def _by_name(files: list[Path], root: Path) -> dict[str, Path]:
    """Files by their names from a folder on, without suffix and without what marks a mask."""
    found = {}
    for file in files:
        name = str(file.relative_to(root).with_suffix(""))
        end = next((end for end in ENDS if name.lower().endswith(end)), "")
        found[name.removesuffix(name[len(name) - len(end) :]) if end else name] = file
    return found


def read(image: Path, mask: Path) -> np.ndarray:
    """Returns a mask (H, W) of any depth, upright as its picture is; of a palette the places, of colours the brightest.

    Raises DltuiError (4) where it has another form than the picture.
    """
    values = _values(image, mask)
    return values if values.ndim == 2 else values.max(-1)


def read_codes(image: Path, mask: Path) -> np.ndarray:
    """Returns a mask (H, W) as `read` does, but each colour as a number of its own; greys are what they are.

    Raises DltuiError (4) as `read`.
    """
    values = _values(image, mask)
    if values.dtype.kind == "f" and (values != values.round()).any():
        found = f"{values.flat[(values != values.round()).argmax()]:g}"
        hint = "Number the classes: 0, 1, 2 ..."
        raise _wrong(mask, f"expected whole numbers as classes, found {found}", hint)
    if values.ndim == 2:
        return values.astype(np.int64)
    red, green, blue = np.moveaxis(values[..., :3].astype(np.int64), -1, 0)
    return np.where((red == green) & (green == blue), red, COLOUR + (red << 16) + (green << 8) + blue)


def of_classes(folder: Path) -> bool:
    """Returns whether the first masks of a folder with pictures and masks have more than two values."""
    both, codes = folders(folder), set()
    for mask in sorted(both[1].iterdir())[:LOOKED_AT] if both else ():
        try:
            codes |= set(np.unique(read_codes(mask, mask)).tolist())
        except (DltuiError, OSError):
            continue
    return 2 < len(codes) <= MOST_CLASSES


def code_name(code: int) -> str:
    """Returns how a class of `read_codes` is called: its number, or its colour as #rrggbb."""
    return f"#{code - COLOUR:06x}" if code >= COLOUR else str(code)


def _values(image: Path, mask: Path) -> np.ndarray:
    """(H, W), or (H, W, channels) of colours."""
    of_image, of_mask = form_of(image), open_upright(mask)
    upright = of_mask.picture
    if of_mask.orientation == 1 and _alike(upright.size, of_image.size):
        upright = turned_mask(upright, of_image.orientation)
    elif not _alike(upright.size, of_image.size) and not _alike(upright.size, of_image.size[::-1]):
        sizes = " and ".join(f"{width} x {height}" for width, height in (of_image.size, upright.size))
        raise _wrong(mask, f"expected a mask of the form of its picture, found {sizes} pixels", "Make them alike.")
    values = np.asarray(upright.convert("RGB") if upright.mode in ("RGBA", "LA", "PA") else upright)
    if not np.isfinite(values).all():
        raise _wrong(mask, "expected finite numbers, found some that are none (NaN or infinite)", "Write it again.")
    return values


def check_form(image: Path, target: Path) -> None:
    """Raises DltuiError (4) where a target has another form than its picture, or one of them cannot be read."""
    sizes = [open_upright(file).picture.size for file in (image, target)]
    if not _alike(*sizes):
        told = " and ".join(f"{width} x {height}" for width, height in sizes)
        raise _wrong(target, f"expected a target of the form of its picture, found {told} pixels", "Make them alike.")


def _alike(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return abs(one[0] * other[1] / (one[1] * other[0]) - 1) < ALIKE


def _wrong(path: Path, what: str, hint: str) -> DltuiError:
    return DltuiError(f"{path}: {what}.", hint, ExitStatus.DATA)
