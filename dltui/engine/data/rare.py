"""Points in the plane of two classes, one of them rare: a small cloud at the edge of a large one, and partly in it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of, standardised
from dltui.engine.reading import own, table

SOURCES = ("builtin", "path")
CLASSES = ("common", "rare")
AWAY = 2.2  # of the rare cloud's middle from that of the common one, whose deviation is 1
NARROW = 0.5  # deviation of the rare cloud


def build(*, rows: int = 10000, share: float = 0.01, seed: int = 0) -> "Rare":
    """A large round cloud and a small one.

    rows: points that train, at least 100; twice as many are held back for the test.
    share: part of the points that is rare, above 0, below 1.
    seed: decides the points, at least 0.
    """
    return Rare(rows, share, seed)


class Rare:
    """Points (N, 2) float32, standardised; class 1 is the rare one."""

    def __init__(self, rows: int, share: float, seed: int):
        self.rows, self.share, self.seed = rows, share, seed

    def builtin(self) -> Dataset:
        """Generated points: the same options give the same; exactly the share of each split is rare."""
        random = np.random.Generator(np.random.PCG64(self.seed))
        train, test = standardised(*(self._drawn(rows, random) for rows in (self.rows, 2 * self.rows)))
        detail = f"two generated clouds, {100 * self.share:g} % of the points in the small one"
        return Dataset(train, test, CLASSES, "builtin", detail, facts_of(train.inputs, CLASSES))

    def _drawn(self, rows: int, random: np.random.Generator) -> Split:
        targets = random.permutation((np.arange(rows) < max(1, round(rows * self.share))).astype(np.int64))
        points = random.standard_normal((rows, 2))
        points = np.where(targets[:, None] == 1, NARROW * points + [AWAY, 0], points)
        return Split(torch.from_numpy(points), torch.from_numpy(targets))

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own points in the plane. Raises DltuiError (4)."""
        return own.read(path, table.Numbers(columns=2), report)
