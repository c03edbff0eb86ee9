"""Pictures and boxes of the user's own in COCO's format (cocodataset.org): what is wrong with a box is named."""

import json
import math
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dltui import regular_file, text_decoding
from dltui.engine.reading import picture, walk
from dltui.engine.reading.orientation import turned_boxes, turned_size
from dltui.engine.reading.picture_files import read_pictures
from dltui.errors import DltuiError, ExitStatus

MOST_BYTES = 1_000_000_000  # of the annotations
ALIKE = 0.02  # by how much the ratios of two pictures' sides may differ that are one picture at two sizes
MOST = 1e9  # of a number in pixels
PARTS = ("images", "annotations", "categories")
HINT = "Your own boxes: a folder with annotations.json (COCO: images, annotations, categories) and images/."


class Annotated(NamedTuple):
    """pictures (N, 3, size, size) uint8; boxes (N, M, 5) float32: x1, y1, x2, y2 in pixels, class; -1 for none."""

    pictures: np.ndarray
    boxes: np.ndarray
    classes: tuple[str, ...]
    detail: str
    notes: tuple[str, ...]


class _Noticed(NamedTuple):
    """Ids of annotations that are left out, by why, and of those that are clipped; pictures of other sizes."""

    left_out: dict[str, list[object]]
    clipped: list[object]
    scaled: list[str]

    def notes(self) -> tuple[str, ...]:
        told = [
            f"left out: {_boxes(names)} {why} (annotation {walk.named(names)})" for why, names in self.left_out.items()
        ]
        if self.clipped:
            told.append(f"clipped at the edge of their picture: {_boxes(self.clipped)} ({walk.named(self.clipped)})")
        if self.scaled:
            why = "whose files have another size than the annotations say"
            told.append(f"scaled: boxes of {len(self.scaled):,} pictures {why} ({walk.named(self.scaled)})")
        return tuple(told)


def _boxes(names: list[object]) -> str:
    return f"{len(names):,} box{'es' if len(names) > 1 else ''}"


class _Image(NamedTuple):
    file: Path
    told: tuple[float, float] | None  # width and height by the annotations
    boxes: list[tuple[object, list[float], int]]  # the annotation's id; x, y, width, height; class


def read(path: Path, size: int, fewest: int, report: Callable[[str], None]) -> Annotated:
    """Returns the pictures and boxes of a folder, or of a file of annotations beside its pictures.

    Crowds, and boxes without area, without four finite numbers or off their picture are left out, those over its edge
    are clipped: all are counted. Boxes turn with their picture where its EXIF says so, and are scaled where the
    annotations give it another size of the same form.
    fewest: pictures that there must be. Raises DltuiError (4).
    """
    path = path.expanduser()
    file = _annotations(path)
    report(f"reading {file}")
    coco, notes = _parsed(file)
    classes = _classes(coco["categories"], file)
    images = _images(coco["images"], file)
    noticed = _Noticed({}, [], [])
    _attach(coco["annotations"], images, classes, noticed, file)
    if len(images) < fewest:
        raise _wrong(f"{file}: expected {fewest} pictures or more with boxes, found {len(images)}.")
    boxes = [_placed(image, size, noticed, file) for image in images.values()]
    if not any(map(len, boxes)):
        told = "; ".join(noticed.notes()) or "annotations is empty"
        raise _wrong(f"{file}: expected boxes, found none that can be used: {told}.")
    pictures, told = read_pictures([image.file for image in images.values()], 3, size, file.parent, report)
    rows = np.full((len(boxes), max(map(len, boxes)), 5), -1, np.float32)
    for row, some in enumerate(boxes):
        rows[row, : len(some)] = some
    detail = f"{file}: {len(images):,} pictures, {sum(map(len, boxes)):,} boxes"
    notes += (*told, *noticed.notes(), *_unnamed(images, file.parent))
    return Annotated(pictures, rows, tuple(name for _, name in classes), detail, notes)


def _annotations(path: Path) -> Path:
    """The file of annotations: annotations.json of a folder, or the only JSON file there."""
    try:
        if not path.is_dir():
            return path
        found = sorted(
            file for file in path.iterdir() if file.suffix.lower() == ".json" and not walk.is_passed_over(file.name)
        )
    except OSError as error:
        raise _wrong(f"{path}: {error.strerror}.") from None
    file = path / "annotations.json"
    return found[0] if len(found) == 1 and file not in found else file


def _parsed(file: Path) -> tuple[dict, tuple[str, ...]]:
    try:
        text = text_decoding.decoded(regular_file.read(file, MOST_BYTES))
        coco = json.loads(text.text)
    except (OSError, ValueError, RecursionError) as error:
        raise _wrong(f"{file}: expected COCO's annotations, found {_reason(error)}.") from None
    if isinstance(coco, list):
        keys = ", ".join(map(str, coco[0])) if coco and isinstance(coco[0], dict) else "no records"
        what = f"a list of {len(coco):,} entries at the top (with {keys})"
        raise _wrong(f"{file}: expected a record of {', '.join(PARTS)}, found {what}.")
    missing = [part for part in PARTS if not isinstance(coco, dict) or not isinstance(coco.get(part), list)]
    if missing:
        found = walk.named(list(coco)) if isinstance(coco, dict) else type(coco).__name__
        raise _wrong(f"{file}: expected lists of {', '.join(PARTS)}, found no {' and no '.join(missing)} ({found}).")
    for part in PARTS:
        wrong = next((place for place, one in enumerate(coco[part]) if not isinstance(one, dict)), None)
        if wrong is not None:
            raise _wrong(f"{file}: expected a record, found {coco[part][wrong]!r:.40} as {part} {wrong + 1}.")
    return coco, (text.note,) if text.note else ()


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return str(error.strerror).removeprefix("expected a file, found ")
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON at line {error.lineno}, column {error.colno}"
    return "lists in lists in lists" if isinstance(error, RecursionError) else str(error)


def _classes(categories: list[dict], file: Path) -> list[tuple[object, str]]:
    """(id, name) of each category."""
    classes = []
    for place, one in enumerate(categories):
        if not _is_id(one.get("id")) or not isinstance(one.get("name"), str | int):
            raise _wrong(f"{file}: expected a category with id and name, found {one!r:.80} as category {place + 1}.")
        classes.append((one["id"], unicodedata.normalize("NFC", str(one["name"]))))
    ids = [key for key, _ in classes]
    if len(set(ids)) < len(ids):
        twice = next(key for key in ids if ids.count(key) > 1)
        raise _wrong(f"{file}: two categories have the id {twice}.")
    return classes


def _images(images: list[dict], file: Path) -> dict[object, _Image]:
    found: dict[object, _Image] = {}
    missing = []
    for place, one in enumerate(images):
        if not _is_id(one.get("id")) or not isinstance(one.get("file_name"), str):
            raise _wrong(f"{file}: expected an image with id and file_name, found {one!r:.80} as image {place + 1}.")
        if one["id"] in found:
            raise _wrong(f"{file}: two images have the id {one['id']}.")
        there = _file(file.parent, one["file_name"])
        if there is None:
            missing.append(one["file_name"])
        told = one.get("width"), one.get("height")
        sizes = told if all(_is_number(side) and side >= 1 for side in told) else None
        found[one["id"]] = _Image(there or file, sizes, [])
    if missing:
        raise _wrong(f"{file.parent}: expected the pictures there or in images/, found no {walk.named(missing)}.")
    return found


def _file(folder: Path, name: str) -> Path | None:
    """The file of a picture, beside the annotations or in images/, which does not lead outside."""
    try:
        for place in (folder / "images" / name, folder / name):
            if place.is_file() and place.resolve().is_relative_to(folder.resolve()):
                return place
    except (OSError, ValueError):  # a name too long, or with a zero in it
        pass
    return None


def _attach(
    annotations: list[dict],
    images: dict[object, _Image],
    classes: list[tuple[object, str]],
    noticed: _Noticed,
    file: Path,
) -> None:
    """Gives the boxes that can be used to their images."""
    number_of = {key: number for number, (key, _) in enumerate(classes)}
    for place, one in enumerate(annotations):
        name = one["id"] if _is_id(one.get("id")) else f"number {place + 1}"
        image = images.get(one["image_id"]) if _is_id(one.get("image_id")) else None
        category = one.get("category_id")
        if not _is_id(category) or category not in number_of:
            known = walk.named([f"{key} {title}" for key, title in classes]) or "none"
            raise _wrong(f"{file}: annotation {name} has category_id {category!r:.40}; categories: {known}.")
        fault = "of pictures that are not in images" if image is None else _fault(one)
        if fault:
            noticed.left_out.setdefault(fault, []).append(name)
        else:
            image.boxes.append((name, list(map(float, one["bbox"])), number_of[category]))


def _fault(annotation: dict) -> str:
    """Why a box cannot be used, "" where it can."""
    if annotation.get("iscrowd"):
        return "around crowds"
    box = annotation.get("bbox")
    if not isinstance(box, list) or len(box) != 4 or not all(isinstance(side, int | float) for side in box):
        return "without four numbers"
    if not all(map(_is_number, box)):
        return "with NaN or infinity"
    return "" if box[2] > 0 and box[3] > 0 else "without area"


def _placed(image: _Image, size: int, noticed: _Noticed, file: Path) -> np.ndarray:
    """Boxes of an image (M, 5) in pixels of the picture as it is read, upright and `size` high and wide."""
    form = picture.form_of(image.file)
    upright = turned_size(form.size, form.orientation)
    told = image.told or form.size
    if not image.boxes:
        return np.empty((0, 5), np.float32)
    rows = np.array([box for _, box, _ in image.boxes])  # (M, 4) x, y, width, height
    corners = np.concatenate([rows[:, :2], rows[:, :2] + rows[:, 2:]], 1)
    scaled = corners / np.tile(told, 2)  # shares of width and height
    if _alike(told, form.size):
        scaled = turned_boxes(scaled, (1, 1), form.orientation)
    elif not _alike(told, upright):
        what = f"{told[0]:g} x {told[1]:g} in the annotations, and has {form.size[0]} x {form.size[1]} pixels"
        raise _wrong(f"{file}: {image.file.name} is {what}: its boxes cannot be placed.")
    if image.told and tuple(image.told) not in (form.size, upright):
        noticed.scaled.append(image.file.name)
    clipped = scaled.clip(0, 1)
    kept = (clipped[:, 2:] - clipped[:, :2] > 0).all(1)
    for (name, _, _), keeps, changed in zip(image.boxes, kept, (clipped != scaled).any(1), strict=True):
        if not keeps:
            noticed.left_out.setdefault("off their picture", []).append(name)
        elif changed:
            noticed.clipped.append(name)
    classes = np.array([[number] for _, _, number in image.boxes])
    return np.concatenate([clipped * size, classes], 1)[kept].astype(np.float32)


def _alike(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return abs(math.log(one[0] / one[1] * other[1] / other[0])) < ALIKE


def _unnamed(images: dict[object, _Image], folder: Path) -> tuple[str, ...]:
    """Pictures in images/ of which the annotations say nothing."""
    if not (folder / "images").is_dir():
        return ()
    used = {image.file for image in images.values()}
    others = [file for file in walk.walk(folder / "images", picture.SUFFIXES).files if file not in used]
    if not others:
        return ()
    return (f"passed over: {len(others):,} pictures that the annotations do not name ({walk.named(others, folder)})",)


def _is_id(value: object) -> bool:
    return isinstance(value, int | float | str) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MOST


def _wrong(message: str) -> DltuiError:
    return DltuiError(message, HINT, ExitStatus.DATA)
