"""Pictures of several shapes at once: each class is there or is not, and none rules out another."""

import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.generators.several import CLASSES
from dltui.engine.generators.several import several as drawn

SOURCES = ("builtin",)


def build(*, rows: int = 5000, seed: int = 0) -> "Several":
    """Coloured pictures, 32x32, of none to four of five shapes.

    rows: generated pictures, at least 10; a fifth is held back for the test.
    seed: decides the pictures, at least 0.
    """
    return Several(rows, seed)


class Several:
    """Pictures (N, 3, 32, 32) uint8; targets (N, 5) int64: 1 for a class that is there, else 0."""

    def __init__(self, rows: int, seed: int):
        self.rows, self.seed = rows, seed

    def builtin(self) -> Dataset:
        """Generated pictures: the same options give the same."""
        pictures, held = map(torch.from_numpy, drawn(self.rows, self.seed))
        tested = self.rows // 5
        train, test = Split(pictures[tested:], held[tested:]), Split(pictures[:tested], held[:tested])
        return Dataset(train, test, CLASSES, "builtin", "generated shapes", facts_of(pictures, CLASSES))
