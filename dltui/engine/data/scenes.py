"""Scenes of shapes with a box around each; your own: a folder with annotations.json in COCO's format and pictures.

Generated ones are discs, squares and triangles on a textured ground. Colour says nothing about the class, and every
shape is squeezed and lies anywhere, so that it is the outline that has to be found. Boxes are those of the outlines
themselves, not of the pixels.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.reading.folder import read_picture
from dltui.errors import DltuiError, ExitStatus

SOURCES = ("builtin", "path")
GIVES = ("pictures", "boxes")
SHARE = 5  # of so many pictures one is held back for the test
CLASSES = ("disc", "square", "triangle")
CLOSEST = 0.1  # IoU of two boxes of a scene at most
CHUNK = 32  # pictures drawn at a time: what they need stays in the processor's cache
TRIES = 30  # places tried for a shape before it is left out


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


# -- generated scenes --------------------------------------------------------------------------------------------------


class Scenes(NamedTuple):
    """Pictures (N, 3, size, size) uint8; boxes (N, most, 4) float32 in pixels; classes (N, most), -1: none."""

    pictures: np.ndarray
    boxes: np.ndarray
    classes: np.ndarray


def scenes(rows: int, seed: int, *, size: int = 64, least: int = 1, most: int = 4) -> Scenes:
    """Returns scenes of `least` to `most` shapes. The same arguments give the same scenes."""
    random = np.random.Generator(np.random.PCG64(seed))
    boxes = np.zeros((rows, most, 4), np.float32)
    classes = random.integers(len(CLASSES), size=(rows, most))
    for row, wanted in enumerate(random.integers(least, most + 1, rows)):
        placed = _placed(wanted, size, random)
        boxes[row, : len(placed)] = placed
        classes[row, len(placed) :] = -1
    pictures = np.empty((rows, 3, size, size), np.uint8)
    for part in np.split(np.arange(rows), range(CHUNK, rows, CHUNK)):
        pictures[part] = _drawn(boxes[part], classes[part], size, random)
    return Scenes(pictures, boxes, classes)


def _placed(wanted: int, size: int, random: np.random.Generator) -> list[np.ndarray]:
    """At most `wanted` boxes, hardly over each other."""
    placed: list[np.ndarray] = []
    for _ in range(wanted):
        for side, corner in zip(random.uniform(0.17, 0.42, (TRIES, 2)), random.random((TRIES, 2)), strict=True):
            side = np.array([side[0], side[0] * (0.75 + side[1])]) * size
            start = corner * (size - side - 2) + 1
            box = np.concatenate([start, start + side])
            if all(_overlap(box, other) <= CLOSEST for other in placed):
                placed.append(box)
                break
    return placed


def _overlap(a: np.ndarray, b: np.ndarray) -> float:
    sides = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None)
    both = sides.prod()
    return both / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - both)


def _drawn(boxes: np.ndarray, classes: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray:
    rows, most = classes.shape
    x, y = np.meshgrid(np.arange(size, dtype=np.float32) + 0.5, np.arange(size, dtype=np.float32) + 0.5)
    ground = random.uniform(0.15, 0.85, (rows, 3, 1, 1)).astype(np.float32)
    angle = random.uniform(0, np.pi, (rows, 1, 1, 1)).astype(np.float32)
    wave = random.uniform(0.2, 0.9, (rows, 1, 1, 1)).astype(np.float32)
    stripes = np.sin(wave * (np.cos(angle) * x + np.sin(angle) * y))
    pixels = ground + 0.07 * stripes
    for number in range(most):
        cover = _cover(boxes[:, number], classes[:, number], x, y)[:, None]  # (N, 1, size, size)
        away = random.uniform(0.25, 0.5, (rows, 3, 1, 1)) * random.choice([-1, 1], (rows, 3, 1, 1))
        colour = (ground + np.where(np.abs(ground + away - 0.5) > 0.5, -away, away)).astype(np.float32)
        pixels += cover * (colour - pixels)
    pixels += 0.04 * random.standard_normal(pixels.shape, np.float32)
    return (pixels * 255).clip(0, 255).astype(np.uint8)


def _cover(boxes: np.ndarray, classes: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How much of each pixel the shape in each box covers, (N, size, size) in 0..1."""
    x1, y1, x2, y2 = (side[:, None, None] for side in boxes.T)
    half_x, half_y = np.maximum((x2 - x1) / 2, 1e-3), np.maximum((y2 - y1) / 2, 1e-3)
    u, v = (x - x1) / half_x - 1, (y - y1) / half_y - 1  # -1..1 in the box; v grows downwards
    disc = np.sqrt(u * u + v * v) - 1
    square = np.maximum(np.abs(u), np.abs(v)) - 1
    triangle = np.maximum((2 * np.abs(u) - v - 1) / np.float32(5**0.5), v - 1)
    outside = np.choose(classes.clip(0)[:, None, None], [disc, square, triangle])
    soft = np.clip(0.5 - outside * np.minimum(half_x, half_y), 0, 1)
    return soft * (classes >= 0)[:, None, None]
