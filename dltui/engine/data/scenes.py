"""Scenes of shapes with a box around each; your own: a folder with annotations.json in COCO's format and pictures."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.generators.scenes import CLASSES, scenes
from dltui.engine.reading.folder import read_picture
from dltui.errors import DltuiError, ExitStatus

SOURCES = ("builtin", "path")
SHARE = 5  # of so many pictures one is held back for the test


def build(*, rows: int = 1000, size: int = 64, most: int = 4, seed: int = 0) -> "SceneData":
    """Pictures with boxes.

    rows: generated pictures, at least 10; a fifth is held back for the test.
    size: height and width in pixels, at least 32; your own pictures are brought to it.
    most: shapes in a generated picture at most, at least 1, at most 8.
    seed: decides the generated pictures, at least 0.
    """
    return SceneData(rows, size, most, seed)


class SceneData:
    """Pictures (N, 3, size, size) uint8; targets (N, M, 5) float32: x1, y1, x2, y2 in pixels, class; -1 for none."""

    def __init__(self, rows: int, size: int, most: int, seed: int):
        self.rows, self.size, self.most, self.seed = rows, size, most, seed

    def builtin(self) -> Dataset:
        """Generated scenes: the same options give the same."""
        drawn = scenes(self.rows, self.seed, size=self.size, most=self.most)
        targets = np.concatenate([drawn.boxes, drawn.classes[..., None].astype(np.float32)], -1)
        return self._dataset(drawn.pictures, targets, CLASSES, "builtin", "generated scenes")

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own pictures and boxes. Raises DltuiError (4)."""
        path = path.expanduser()
        file = path / "annotations.json" if path.is_dir() else path
        report(f"reading {file}")
        try:
            coco = json.loads(file.read_text(encoding="utf-8"))
            classes = tuple(category["name"] for category in coco["categories"])
            numbers = {category["id"]: number for number, category in enumerate(coco["categories"])}
            images = {image["id"]: image for image in coco["images"]}
            boxes: dict[int, list] = {key: [] for key in images}
            for one in coco["annotations"]:
                boxes[one["image_id"]].append([*map(float, one["bbox"]), numbers[one["category_id"]]])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise _wrong(f"{file}: expected COCO's annotations, found {_reason(error)}.") from None
        if len(images) < SHARE or not any(boxes.values()):
            raise _wrong(f"{file}: expected {SHARE} pictures or more with boxes, found {len(images)} pictures.")
        targets = np.full((len(images), max(map(len, boxes.values())), 5), -1, np.float32)
        pictures = np.empty((len(images), 3, self.size, self.size), np.uint8)
        for row, (key, image) in enumerate(images.items()):
            found = _picture(file.parent, image["file_name"])
            pictures[row] = read_picture(found, 3, self.size)
            if boxes[key]:
                targets[row, : len(boxes[key])] = _scaled(np.array(boxes[key]), found, self.size)
        detail = f"{file}: {len(images)} pictures, {sum(map(len, boxes.values())):,} boxes"
        return self._dataset(pictures, targets, classes, "path", detail)

    def _dataset(
        self, pictures: np.ndarray, targets: np.ndarray, classes: tuple[str, ...], source: str, detail: str
    ) -> Dataset:
        held = np.arange(len(pictures)) % SHARE == SHARE - 1
        train, test = (
            Split(torch.from_numpy(pictures[rows]), torch.from_numpy(targets[rows])) for rows in (~held, held)
        )
        return Dataset(train, test, classes, source, detail, facts_of(train.inputs, classes))


def _scaled(rows: np.ndarray, file: Path, size: int) -> np.ndarray:
    """x, y, width, height, class (M, 5) in a file's pixels -> x1, y1, x2, y2, class in those of the data."""
    with Image.open(file) as picture:
        scale = size / np.array(picture.size, float)
    start, sides = rows[:, :2] * scale, rows[:, 2:4] * scale
    return np.concatenate([start, start + sides, rows[:, 4:]], 1)


def _picture(folder: Path, name: str) -> Path:
    """The file of a picture, beside the annotations or in images/. Raises DltuiError for a name that leads outside."""
    for place in (folder / "images" / name, folder / name):
        if place.is_file() and place.resolve().is_relative_to(folder.resolve()):
            return place
    raise _wrong(f"{folder}: expected the picture {name} there or in images/, found none.")


def _reason(error: Exception) -> str:
    if isinstance(error, OSError):
        return "nothing there"
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON at line {error.lineno}"
    return f"no {error}" if isinstance(error, KeyError) else str(error)


def _wrong(message: str) -> DltuiError:
    hint = "Your own boxes: a folder with annotations.json (COCO: images, annotations, categories) and images/."
    return DltuiError(message, hint, ExitStatus.DATA)
