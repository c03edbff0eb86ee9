"""Scenes with a class for every pixel; your own: a folder with images/ and masks/, each number or colour a class."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from PIL import Image

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.generators import scene_masks
from dltui.engine.reading import masks
from dltui.engine.reading.picture_files import read_pictures
from dltui.errors import DltuiError, ExitStatus

SOURCES = ("builtin", "path")
GIVES = ("pictures", "masks")
READS = "masks"
SHARE = 5  # of so many pictures of one's own the last one is held back for the test
HINT = "Make it so: FOLDER/images/1.png, FOLDER/masks/1.png ... In a mask each number, or each colour, is a class."
SCENES = {
    "things": (scene_masks.things, scene_masks.THINGS),
    "lines": (scene_masks.lines, scene_masks.LINES),
    "placed": (scene_masks.placed, scene_masks.PLACED),
    "shored": (scene_masks.shored, scene_masks.SHORED),
}


def build(
    *,
    scene: Literal["things", "lines", "placed", "shored"] = "things",
    train_rows: int = 600,
    test_rows: int = 120,
    size: int = 40,
    seed: int = 0,
) -> "SceneMasks":
    """Pictures and the class of each pixel.

    scene: things, a large one and small ones, told by their outlines, and thin walls; lines, one that is faint and a
        pixel wide, in grey; placed, discs that are boats on water and cars on land; shored, a disc of sand that
        is an island in water and a bunker in grass.
    train_rows: generated pictures to train on, at least 10.
    test_rows: generated pictures to test on, at least 2.
    size: height and width in pixels, at least 24, at most 128; your own pictures are brought to it.
    seed: decides the generated pictures, at least 0.
    """
    return SceneMasks(scene, (train_rows, test_rows), size, seed)


class SceneMasks:
    """Pictures (N, C, size, size) uint8; targets (N, size, size) uint8, numbers of classes, the first the ground."""

    def __init__(self, scene: str, rows: tuple[int, int], size: int, seed: int):
        self.scene, self.rows, self.size, self.seed = scene, rows, size, seed

    def builtin(self) -> Dataset:
        """Generated scenes: the same options give the same."""
        draw, classes = SCENES[self.scene]
        pictures, labels = draw(sum(self.rows), self.seed, self.size)
        tested = np.arange(sum(self.rows)) >= self.rows[0]
        return _dataset(pictures, labels, tested, classes, "builtin", "generated scenes")

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own pictures, the last fifth of them the test. Raises DltuiError (4)."""
        path = path.expanduser()
        found = masks.pairs(path, HINT)
        report(f"reading {path}")
        pictures, told = read_pictures([image for image, _ in found.pairs], 3, self.size, path, report)
        codes = [masks.read_codes(*pair) for pair in found.pairs]
        values = np.unique(np.concatenate([np.unique(one) for one in codes]))
        if not 2 <= len(values) <= masks.MOST_CLASSES:
            what = f"{path}: expected 2 to {masks.MOST_CLASSES} numbers or colours in all masks, found {len(values):,}"
            raise DltuiError(f"{what} (soft borders, of JPEG or antialiasing, make many).", HINT, ExitStatus.DATA)
        labels = np.stack([_resized(np.searchsorted(values, one), self.size) for one in codes])
        classes = tuple(masks.code_name(value) for value in values.tolist())
        tested = np.arange(len(pictures)) >= len(pictures) - max(1, len(pictures) // SHARE)
        notes = (*found.notes, *told, f"classes are the masks' values {', '.join(classes)}; the first is the ground")
        lacking = np.setdiff1d(labels[tested], labels[~tested]).tolist()
        if lacking:
            names = ", ".join(classes[number] for number in lacking[:5])
            notes += (f"no training picture has {names}, of which the test has some: that cannot be learned",)
        detail = f"{path}: {len(pictures)} pictures with masks of {len(classes)} classes"
        return _dataset(pictures, labels, tested, classes, "path", detail)._replace(notes=notes)


def _resized(labels: np.ndarray, side: int) -> np.ndarray:
    """labels (H, W) below 256 -> (side, side) uint8, none mixed with another."""
    resized = Image.fromarray(labels.astype(np.uint8)).resize((side, side), Image.Resampling.NEAREST)
    return np.asarray(resized)


def _dataset(pictures: np.ndarray, labels: np.ndarray, tested: np.ndarray, classes: tuple[str, ...], *of: str):
    """tested (N,) bool; of: source and detail."""
    train, test = (
        Split(torch.from_numpy(pictures[rows]), torch.from_numpy(labels[rows])) for rows in (~tested, tested)
    )
    return Dataset(train, test, classes, *of, facts_of(train.inputs, classes))
