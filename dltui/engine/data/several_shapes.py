"""Pictures of several shapes, none twice: which classes are there is to be told, not where."""

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.generators.shapes import CLASSES as ALL
from dltui.engine.generators.shapes import OUTLINES

SOURCES = ("builtin",)
GIVES = ("pictures", "labels")

SIZE = 32
CLASSES = ("disc", "ring", "square", "triangle", "cross")
MOST = 4  # in a picture: one a quarter
QUARTERS = np.array([[8, 8], [24, 8], [8, 24], [24, 24]], np.float32)  # their middles, x and y


def build(*, rows: int = 5000, seed: int = 0) -> "SeveralShapes":
    """Coloured pictures, 32x32, of none to four of five shapes.

    rows: generated pictures, at least 10; a fifth is held back for the test.
    seed: decides the pictures, at least 0.
    """
    return SeveralShapes(rows, seed)


class SeveralShapes:
    """Pictures (N, 3, 32, 32) uint8; targets (N, 5) int64: 1 for a class that is there, else 0."""

    def __init__(self, rows: int, seed: int):
        self.rows, self.seed = rows, seed

    def builtin(self) -> Dataset:
        """Generated pictures: the same options give the same."""
        pictures, labels = map(torch.from_numpy, several_shapes(self.rows, self.seed))
        tested = self.rows // 5
        train, test = Split(pictures[tested:], labels[tested:]), Split(pictures[:tested], labels[:tested])
        facts = {**facts_of(pictures, CLASSES), "multi_label": 1}
        return Dataset(train, test, CLASSES, "builtin", "generated shapes", facts)


def several_shapes(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns pictures (rows, 3, 32, 32) uint8 and which CLASSES each holds, (rows, 5) int64 of 0 and 1.

    From none to MOST, each number as often as any other. The same arguments give the same pictures.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    counts = random.integers(0, MOST + 1, rows)
    classes = random.permuted(np.tile(np.arange(len(CLASSES)), (rows, 1)), axis=1)[:, :MOST]
    quarters = random.permuted(np.tile(np.arange(MOST), (rows, 1)), axis=1)
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32) + 0.5
    ground = random.uniform(0.2, 0.8, (rows, 3)).astype(np.float32)
    pixels = np.broadcast_to(ground[..., None, None], (rows, 3, SIZE, SIZE)).copy()
    for number in range(MOST):
        middle = QUARTERS[quarters[:, number]] + random.uniform(-1.5, 1.5, (rows, 2))
        cover = _cover(classes[:, number], middle, random.uniform(5, 6.5, rows), x, y)
        cover = (cover * (number < counts)[:, None, None])[:, None]
        away = random.uniform(0.25, 0.5, (rows, 3)) * random.choice([-1, 1], (rows, 3))
        colour = (ground + np.where(np.abs(ground + away - 0.5) > 0.5, -away, away)).astype(np.float32)
        pixels += cover * (colour[..., None, None] - pixels)
    pixels += 0.03 * random.standard_normal(pixels.shape, np.float32)
    labels = np.zeros((rows, len(CLASSES)), np.int64)
    there = np.arange(MOST) < counts[:, None]
    labels[np.nonzero(there)[0], classes[there]] = 1
    return (pixels * 255).clip(0, 255).astype(np.uint8), labels


def _cover(classes: np.ndarray, middle: np.ndarray, radius: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """How much of each pixel the shape covers, (N, SIZE, SIZE) in 0..1."""
    r = radius[:, None, None].astype(np.float32)
    u, v = ((grid - middle[:, axis, None, None]).astype(np.float32) / r for axis, grid in enumerate((x, y)))
    outside = np.choose(classes[:, None, None], [OUTLINES[ALL.index(name)](u, v) for name in CLASSES])
    return np.clip(0.5 - outside * r, 0, 1)
