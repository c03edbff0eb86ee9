"""Scenes of shapes, and what is to be predicted of them: boxes, which classes are there, or a sentence.

Your own boxes and labels: a folder with pictures and annotations.json in COCO's format. Boxes are those of the outlines
themselves, not of the pixels.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from dltui import regular_file
from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.generators.scenes import CLASSES, LABELS, Pair, every_pair, paired, quartered, scenes, sentences
from dltui.engine.reading.picture import fitted, open_picture
from dltui.engine.reading.sentences import as_rows, vocabulary
from dltui.errors import DltuiError, ExitStatus

SOURCES = ("builtin", "path")
GIVES = ("pictures", "boxes", "labels", "sequences")
MOST_BYTES = 1_000_000_000  # of annotations.json
SHARE = 5  # of so many pictures of one's own, and of so many sentences, one is held back for the test
LENGTH = 9  # "a red ring left of a blue square", and its end


def build(
    *,
    targets: Literal["boxes", "classes", "captions"] = "boxes",
    train_rows: int = 800,
    test_rows: int = 200,
    size: int = 64,
    most: int = 4,
    seed: int = 0,
) -> "Scenes":
    """Pictures of several shapes.

    targets: boxes, a class and a box of each shape, which lie anywhere; classes, which of five are there, none
        to four and none twice; captions, a sentence on two shapes, "a red ring above a blue square", larger first.
    train_rows: generated pictures to train on, at least 10.
    test_rows: generated pictures to test on, at least 2.
    size: height and width in pixels, at least 24; your own pictures are brought to it.
    most: shapes in a generated picture at most, at least 1, at most 8; classes have room for 4, captions have 2.
    seed: decides the generated pictures, at least 0.
    """
    if targets == "classes" and most > 4:
        message = f"data.most is {most}; with data.targets=classes a picture has room for 4."
        raise DltuiError(message, "Example: data.most=4", ExitStatus.USAGE)
    return Scenes(targets, (train_rows, test_rows), size, most, seed)


class Scenes:
    """Pictures (N, 3, size, size) uint8.

    Targets of boxes (N, M, 5) float32: x1, y1, x2, y2 in pixels, class; -1 for none. Of classes (N, classes) int64: 1
    for a class that is there, else 0. Of captions (N, L) int64: words, END after the last, PAD behind it.
    """

    def __init__(self, targets: str, rows: tuple[int, int], size: int, most: int, seed: int):
        self.targets, self.rows, self.size, self.most, self.seed = targets, rows, size, most, seed

    def builtin(self) -> Dataset:
        """Generated scenes: the same options give the same."""
        if self.targets == "captions":
            return self._captioned()
        rows, held = sum(self.rows), self.rows[1]
        if self.targets == "classes":
            pictures, labels = quartered(rows, self.seed, size=self.size, most=self.most)
            return self._dataset(pictures, labels, np.arange(rows) < held, LABELS, "builtin", "generated shapes")
        drawn = scenes(rows, self.seed, size=self.size, most=self.most)
        boxes = np.concatenate([drawn.boxes, drawn.classes[..., None].astype(np.float32)], -1)
        tested = np.diff(np.arange(rows + 1) * held // rows) > 0  # spread evenly
        return self._dataset(drawn.pictures, boxes, tested, CLASSES, "builtin", "generated scenes")

    def _captioned(self) -> Dataset:
        """No sentence of the test belongs to any scene of the training."""
        random = np.random.Generator(np.random.PCG64(self.seed))
        every = random.permutation(every_pair())
        held = len(every) // SHARE
        known = vocabulary([sentence.split() for sentence in sentences(every)], most=1000)
        splits = []
        for rows, there in zip(self.rows, (every[held:], every[:held]), strict=True):
            chosen = there[random.integers(len(there), size=rows)]
            words = [sentence.split() for sentence in sentences(chosen)]
            pictures = paired(Pair(*chosen.T), self.size, random)
            splits.append(Split(torch.from_numpy(pictures), as_rows(words, known, LENGTH)))
        train, test = splits
        facts = {**facts_of(train.inputs, ()), "target_words": len(known)}
        detail = "generated scenes; the test's sentences are new"
        return Dataset(train, test, (), "builtin", detail, facts, vocabularies=(known,))

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own pictures and boxes, or the labels of these boxes. Raises DltuiError (4)."""
        if self.targets == "captions":
            message = f"{path}: sentences are known of drawn scenes only."
            raise DltuiError(message, "Leave data.from out.", ExitStatus.DATA)
        path = path.expanduser()
        file = path / "annotations.json" if path.is_dir() else path
        report(f"reading {file}")
        try:
            coco = json.loads(regular_file.read(file, MOST_BYTES))
            classes = tuple(category["name"] for category in coco["categories"])
            numbers = {category["id"]: number for number, category in enumerate(coco["categories"])}
            images = {image["id"]: str(image["file_name"]) for image in coco["images"]}
            boxes: dict[int, list] = {key: [] for key in images}
            for one in coco["annotations"]:
                x, y, width, height = map(float, one["bbox"])
                boxes[one["image_id"]].append([x, y, width, height, numbers[one["category_id"]]])
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise _wrong(f"{file}: expected COCO's annotations, found {_reason(error)}.") from None
        if len(images) < SHARE or not any(boxes.values()):
            raise _wrong(f"{file}: expected {SHARE} pictures or more with boxes, found {len(images)} pictures.")
        targets = np.full((len(images), max(map(len, boxes.values())), 5), -1, np.float32)
        pictures = np.empty((len(images), 3, self.size, self.size), np.uint8)
        for row, (key, name) in enumerate(images.items()):
            picture = open_picture(_picture(file.parent, name))
            pictures[row] = fitted(picture, 3, self.size)
            if boxes[key]:
                targets[row, : len(boxes[key])] = _scaled(np.array(boxes[key]), picture.size, self.size)
        if self.targets == "classes":
            targets = (targets[..., 4, None] == np.arange(len(classes))).any(1).astype(np.int64)
        detail = f"{file}: {len(images)} pictures, {sum(map(len, boxes.values())):,} boxes"
        tested = np.arange(len(pictures)) % SHARE == SHARE - 1
        return self._dataset(pictures, targets, tested, classes, "path", detail)

    def _dataset(
        self, pictures: np.ndarray, targets: np.ndarray, tested: np.ndarray, classes: tuple[str, ...], *of: str
    ) -> Dataset:
        """tested (N,) bool; of: source and detail."""
        train, test = (
            Split(torch.from_numpy(pictures[rows]), torch.from_numpy(targets[rows])) for rows in (~tested, tested)
        )
        several = {"multi_label": 1} if self.targets == "classes" else {}
        return Dataset(train, test, classes, *of, {**facts_of(train.inputs, classes), **several})


def _scaled(rows: np.ndarray, of: tuple[int, int], size: int) -> np.ndarray:
    """x, y, width, height, class (M, 5) in pixels of a picture of that width and height -> x1, y1, x2, y2, class."""
    scale = size / np.array(of, float)
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
        return str(error.strerror).removeprefix("expected a file, found ")
    if isinstance(error, json.JSONDecodeError):
        return f"no JSON at line {error.lineno}"
    return f"no {error}" if isinstance(error, KeyError) else str(error)


def _wrong(message: str) -> DltuiError:
    hint = "Your own boxes: a folder with annotations.json (COCO: images, annotations, categories) and images/."
    return DltuiError(message, hint, ExitStatus.DATA)
