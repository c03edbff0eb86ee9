"""Streets with traffic signs: a box and a digit each; built in, drawn."""

import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.generators.signs import streets

SOURCES = ("builtin",)
GIVES = ("pictures", "boxes")
CLASSES = tuple("0123456789")


def build(*, train_rows: int = 1500, test_rows: int = 300, size: int = 48, most: int = 2, seed: int = 0) -> "Signs":
    """Coloured pictures with traffic signs, each a red ring around a digit.

    train_rows: pictures to train on, at least 10.
    test_rows: pictures to test on, at least 2.
    size: height and width in pixels, at least 32.
    most: signs of a picture at most, at least 1, at most 4.
    seed: decides the pictures, at least 0.
    """
    return Signs((train_rows, test_rows), size, most, seed)


class Signs:
    """Pictures (N, 3, size, size) uint8; targets (N, most, 5) float32: x1, y1, x2, y2 in pixels, the digit or -1."""

    def __init__(self, rows: tuple[int, int], size: int, most: int, seed: int):
        self.rows, self.size, self.most, self.seed = rows, size, most, seed

    def builtin(self) -> Dataset:
        """Drawn streets, the same every time for a seed."""
        train, test = (
            Split(*map(torch.from_numpy, streets(rows, 2 * self.seed + number, size=self.size, most=self.most)))
            for number, rows in enumerate(self.rows)
        )
        facts = facts_of(train.inputs, CLASSES)
        return Dataset(train, test, CLASSES, "builtin", "drawn streets with signs", facts)
