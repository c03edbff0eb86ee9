"""Scenes of shapes with a click on one of them: the mask that is wanted is that of the object under the click."""

from collections.abc import Iterator

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.generators.scenes import instances, scenes

SOURCES = ("builtin",)
GIVES = ("pictures", "masks")
CLASSES = ("ground", "clicked")
CLICKS = 2  # of each picture, on different objects
SIDES = ((0, 0), (0, 1), (0, -1), (1, 0), (-1, 0))  # a click marks a pixel and its four neighbours


def build(
    *,
    train_rows: int = 2000,
    test_rows: int = 200,
    size: int = 40,
    most: int = 3,
    seed: int = 0,
) -> "Clicks":
    """Pictures of several shapes, each of them twice, with clicks on different shapes.

    train_rows: generated pictures with a click to train on, at least 10.
    test_rows: generated pictures with a click to test on, at least 2.
    size: height and width in pixels, at least 24, at most 128.
    most: shapes in a picture at most, at least 2, at most 8; there are two at least.
    seed: decides the generated pictures, at least 0.
    """
    return Clicks((train_rows, test_rows), size, most, seed)


class Clicks:
    """Pictures (N, 4, size, size) uint8, the fourth channel 255 at the click; targets (N, size, size) uint8: 1 where
    the object is seen that was clicked. Rows 2 k and 2 k + 1 are one picture."""

    def __init__(self, rows: tuple[int, int], size: int, most: int, seed: int):
        self.rows, self.size, self.most, self.seed = rows, size, most, seed

    def builtin(self) -> Dataset:
        """Generated scenes: the same options give the same."""
        train_rows, test_rows = self.rows
        tested, trained = (-(-rows // CLICKS) for rows in (test_rows, train_rows))  # pictures: none is in both splits
        drawn = scenes(tested + trained, self.seed, size=self.size, least=2, most=self.most)
        random = np.random.Generator(np.random.PCG64(self.seed))
        rows = [*self._clicked(drawn.pictures, instances(drawn), random)]
        test, train = rows[: CLICKS * tested][:test_rows], rows[CLICKS * tested :][:train_rows]
        train, test = (
            Split(*(torch.from_numpy(np.stack(part)) for part in zip(*one, strict=True))) for one in (train, test)
        )
        facts = facts_of(train.inputs, CLASSES)
        return Dataset(train, test, CLASSES, "builtin", "generated scenes with clicks", facts)

    def _clicked(
        self, pictures: np.ndarray, objects: np.ndarray, random: np.random.Generator
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """pictures (N, 3, size, size), of each pixel the number of its object (N, size, size) -> CLICKS rows of each
        picture: inputs (4, size, size), targets (size, size) uint8."""
        for picture, numbers in zip(pictures, objects, strict=True):
            seen = random.permutation(np.setdiff1d(np.unique(numbers), [0]))
            for number in np.resize(seen, CLICKS):  # where only one is seen, it is clicked twice
                mask = numbers == number
                spot = 255 * click(mask, random)[None].astype(np.uint8)
                yield np.concatenate([picture, spot]), mask.astype(np.uint8)


def click(mask: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Returns where a click on an object falls (H, W) bool: a cross within its mask (H, W) bool, or, where none fits,
    one pixel."""
    inner = np.logical_and.reduce([np.roll(mask, side, (0, 1)) for side in SIDES])
    places = np.argwhere(inner if inner.any() else mask)
    spot = np.zeros_like(mask)
    spot[tuple(places[random.integers(len(places))])] = True
    return np.logical_or.reduce([np.roll(spot, side, (0, 1)) for side in SIDES]) & mask
