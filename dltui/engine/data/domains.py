"""Two domains of handwritten digits: white on black, with labels; coloured on a striped ground, without."""

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.generators import domains, strokes

SOURCES = ("builtin",)
GIVES = ("pictures", "classes", "domains")
CLASSES = tuple("0123456789")


def build(*, rows: int = 2000, test_rows: int = 1000, texture: float = 0.06, seed: int = 0) -> "Domains":
    """Digits in colour, 28x28; no digit is in both domains.

    rows: training rows of each domain, at least 10.
    test_rows: test rows of the target domain, and validation rows of the source domain, at least 10.
    texture: how strong the stripes of the target domain are, at least 0, at most 1.
    seed: of the digits that are drawn, at least 0.
    """
    return Domains(rows, test_rows, texture, seed)


class Domains:
    """Pictures (N, 3, 28, 28) uint8. Training and validation rows are of the source domain, test rows of the target."""

    def __init__(self, rows: int, test_rows: int, texture: float, seed: int):
        self.rows, self.test_rows, self.texture, self.seed = rows, test_rows, texture, seed

    def builtin(self) -> Dataset:
        """Generated digits, the same every time for a seed."""
        train, validation, other, test = self._drawn()
        detail = f"generated digits: {self.rows:,} white on black with labels, {self.rows:,} coloured without"
        facts = facts_of(train.inputs, CLASSES)
        return Dataset(train, test, CLASSES, "builtin", detail, facts, validation=validation, other_domain=other)

    def _drawn(self) -> list[Split]:
        """Training and validation rows of the source domain, training and test rows of the target."""
        splits = []
        for number, rows in enumerate((self.rows, self.test_rows, self.rows, self.test_rows)):
            pictures, classes = strokes.digits(rows, 4 * self.seed + number)
            if number < 2:
                pictures = np.repeat(pictures, 3, 1)
            else:
                random = np.random.Generator(np.random.PCG64([self.seed, number]))
                pictures = domains.coloured(pictures, self.texture, random)
            splits.append(Split(torch.from_numpy(pictures), torch.from_numpy(classes)))
        return splits
