"""Two round clouds in the plane with a straight strip between them that no point lies in: a line parts them."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of, standardised
from dltui.engine.reading import own, table
from dltui.engine.reading.labels import stratified

SOURCES = ("builtin", "path")
CLASSES = ("minus", "plus")
APART = 1.2  # of a cloud's middle from the middle of the strip, where the clouds' deviation is 1


def build(*, rows: int = 250, margin: float = 0.1, seed: int = 0) -> "Blobs":
    """Two clouds.

    rows: points of both classes together, at least 10; a fifth is held back for the test.
    margin: half the width of the empty strip, where the clouds' deviation is 1, at least 0.
    seed: decides the points and how the strip lies, at least 0.
    """
    return Blobs(rows, margin, seed)


class Blobs:
    """Points (N, 2) float32, standardised."""

    def __init__(self, rows: int, margin: float, seed: int):
        self.rows, self.margin, self.seed = rows, margin, seed

    def builtin(self) -> Dataset:
        """Generated points: the same options give the same."""
        points, targets = blobs(self.rows, self.margin, self.seed)
        parts = (Split(torch.from_numpy(points[at]), torch.from_numpy(targets[at])) for at in stratified(targets))
        train, test = standardised(*parts)
        detail = f"generated clouds, {2 * self.margin:g} apart"
        return Dataset(train, test, CLASSES, "builtin", detail, facts_of(train.inputs, CLASSES))

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own points in the plane. Raises DltuiError (4)."""
        return own.read(path, table.Numbers(columns=2), report)


def blobs(rows: int, margin: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns points (rows, 2) float64 and classes (rows,) int64, a third of them of class 1.

    No point is nearer than `margin` to a line; the line passes the origin by, so that a bias is needed.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    targets = (np.arange(rows) % 3 == 0).astype(np.int64)
    along, beyond = random.standard_normal(rows), APART + random.standard_normal(rows)
    beyond = margin + np.abs(beyond - margin)  # what would lie in the strip, or across it, is mirrored out of it
    turn = random.uniform(0, 2 * np.pi)
    across = np.array([np.cos(turn), np.sin(turn)])  # a unit vector, at a right angle to the line
    ahead = np.array([-across[1], across[0]])
    points = (2 * targets - 1)[:, None] * beyond[:, None] * across + along[:, None] * ahead
    return points + across, targets
