"""Two interleaved half circles in the plane: no line parts them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of, limited, standardised
from dltui.engine.reading import own, table
from dltui.engine.reading.labels import stratified

SOURCES = ("builtin", "path")
GIVES = ("numbers", "plane", "classes")
CLASSES = ("upper", "lower")
HOOKED = (
    0.6  # how far a moon reaches into the other; scikit-learn's 0.5 leaves a line 0.8775, too near the claim's 0.88
)


def build(*, rows: int = 2000, noise: float = 0.1, seed: int = 0, train_rows: int = 0) -> "Moons":
    """Two half circles.

    rows: points of both classes together, at least 10; a fifth is held back for the test.
    noise: standard deviation of the points from their half circle, whose radius is 1, at least 0.
    seed: decides the points, at least 0.
    train_rows: of the rows to train on so many are kept, at least 0; 0 keeps all.
    """
    return Moons(rows, noise, seed, train_rows)


class Moons:
    """Points (N, 2) float32, standardised."""

    def __init__(self, rows: int, noise: float, seed: int, train_rows: int):
        self.rows, self.noise, self.seed, self.train_rows = rows, noise, seed, train_rows

    def builtin(self) -> Dataset:
        """Generated points: the same options give the same."""
        points, targets = moons(self.rows, self.noise, self.seed)
        parts = (Split(torch.from_numpy(points[at]), torch.from_numpy(targets[at])) for at in stratified(targets))
        train, test = standardised(*parts)
        detail = f"generated half circles, noise {self.noise:g}"
        data = Dataset(train, test, CLASSES, "builtin", detail, facts_of(train.inputs, CLASSES))
        return limited(data, self.train_rows, 0)

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own points in the plane. Raises DltuiError (4)."""
        return limited(own.read(path, table.Numbers(columns=2), report), self.train_rows, 0)


def moons(rows: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns points (rows, 2) float64 and classes (rows,) int64: an upper half circle, and a lower one put into it."""
    random = np.random.Generator(np.random.PCG64(seed))
    upper, lower = (np.linspace(0, np.pi, count) for count in (rows // 2, rows - rows // 2))
    points = np.concatenate([
        np.stack([np.cos(upper), np.sin(upper)], axis=1),
        np.stack([1 - np.cos(lower), HOOKED - np.sin(lower)], axis=1),
    ])  # fmt: skip
    targets = np.repeat([0, 1], [len(upper), len(lower)])
    return points + noise * random.standard_normal(points.shape), targets
