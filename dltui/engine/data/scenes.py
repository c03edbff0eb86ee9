"""Scenes of shapes, and what is to be predicted of them: boxes, which classes are there, or a sentence.

Your own boxes and labels: a folder with pictures and annotations.json in COCO's format. Boxes are those of the outlines
themselves, not of the pixels.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.generators.scenes import (
    CLASSES,
    LABELS,
    Pair,
    every_pair,
    instances,
    paired,
    quartered,
    scenes,
    sentences,
)
from dltui.engine.layers.instances import packed
from dltui.engine.reading import coco
from dltui.engine.reading.sentences import as_rows, vocabulary
from dltui.errors import DltuiError, ExitStatus

SOURCES = ("builtin", "path")
GIVES = ("pictures", "boxes", "instances", "labels", "sequences")
READS = "boxes"
SHARE = 5  # of so many pictures of one's own, and of so many sentences, one is held back for the test
LENGTH = 9  # "a red ring left of a blue square", and its end


def build(
    *,
    targets: Literal["boxes", "instances", "classes", "captions"] = "boxes",
    train_rows: int = 800,
    test_rows: int = 200,
    size: int = 64,
    most: int = 4,
    smallest: float = 0.17,
    seed: int = 0,
) -> "Scenes":
    """Pictures of several shapes.

    targets: boxes, a class and a box of each shape, which lie anywhere; instances, of each pixel the shape that is
        seen there, and its class; classes, which of five are there, none
        to four and none twice; captions, a sentence on two shapes, "a red ring above a blue square", larger first.
    train_rows: generated pictures to train on, at least 10.
    test_rows: generated pictures to test on, at least 2.
    size: height and width in pixels, at least 24; your own pictures are brought to it.
    most: shapes in a generated picture at most, at least 1, at most 8; classes have room for 4, captions have 2.
    smallest: side of the smallest shape that has a box, as a share of the picture's, at least 0.05, at most 0.4.
    seed: decides the generated pictures, at least 0.
    """
    if targets == "classes" and most > 4:
        message = f"data.most is {most}; with data.targets=classes a picture has room for 4."
        raise DltuiError(message, "Example: data.most=4", ExitStatus.USAGE)
    return Scenes(targets, (train_rows, test_rows), size, most, smallest, seed)


class Scenes:
    """Pictures (N, 3, size, size) uint8.

    Targets of boxes (N, M, 5) float32: x1, y1, x2, y2 in pixels, class; -1 for none. Of instances (N, size, size)
    uint8, as layers.instances packs them. Of classes (N, classes) int64: 1 for a class that is there, else 0. Of
    captions (N, L) int64: words, END after the last, PAD behind it.
    """

    def __init__(self, targets: str, rows: tuple[int, int], size: int, most: int, smallest: float, seed: int):
        self.targets, self.rows, self.size, self.most, self.seed = targets, rows, size, most, seed
        self.smallest = smallest

    def builtin(self) -> Dataset:
        """Generated scenes: the same options give the same."""
        if self.targets == "captions":
            return self._captioned()
        rows, held = sum(self.rows), self.rows[1]
        if self.targets == "classes":
            pictures, labels = quartered(rows, self.seed, size=self.size, most=self.most)
            return self._dataset(pictures, labels, np.arange(rows) < held, LABELS, "builtin", "generated shapes")
        drawn = scenes(rows, self.seed, size=self.size, most=self.most, smallest=self.smallest)
        boxes = np.concatenate([drawn.boxes, drawn.classes[..., None].astype(np.float32)], -1)
        if self.targets == "instances":
            boxes = packed(instances(drawn), drawn.classes, len(CLASSES))
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
        if self.targets in ("captions", "instances"):
            what = "sentences" if self.targets == "captions" else "masks of objects"
            message = f"{path}: {what} are known of drawn scenes only."
            raise DltuiError(message, "Leave data.from out.", ExitStatus.DATA)
        own = coco.read(path, self.size, SHARE, report)
        targets = own.boxes
        if self.targets == "classes":
            targets = (targets[..., 4, None] == np.arange(len(own.classes))).any(1).astype(np.int64)
        tested = np.arange(len(own.pictures)) % SHARE == SHARE - 1
        data = self._dataset(own.pictures, targets, tested, own.classes, "path", own.detail)
        return data._replace(notes=own.notes)

    def _dataset(
        self, pictures: np.ndarray, targets: np.ndarray, tested: np.ndarray, classes: tuple[str, ...], *of: str
    ) -> Dataset:
        """tested (N,) bool; of: source and detail."""
        train, test = (
            Split(torch.from_numpy(pictures[rows]), torch.from_numpy(targets[rows])) for rows in (~tested, tested)
        )
        several = {"classes": {"multi_label": 1}, "instances": {"objects": self.most}}.get(self.targets, {})
        return Dataset(train, test, classes, *of, {**facts_of(train.inputs, classes), **several})
