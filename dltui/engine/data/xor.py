"""Exclusive or: clouds around the four corners of a square, those of one diagonal being of one class."""

import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of

SOURCES = ("builtin",)
CLASSES = ("same", "different")
CORNERS = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))


def build(*, rows: int = 400, noise: float = 0.08, seed: int = 0) -> "Xor":
    """Four clouds, as many points in each.

    rows: points of all clouds together, at least 20; a fifth of each is held back for the test.
    noise: standard deviation of the points from their corner, where the square's side is 1, at least 0.
    seed: decides the points, at least 0.
    """
    return Xor(rows, noise, seed)


class Xor:
    """Points (N, 2) float32 as they are: the notes' formulas are those of the corners 0 and 1."""

    def __init__(self, rows: int, noise: float, seed: int):
        self.rows, self.noise, self.seed = rows, noise, seed

    def builtin(self) -> Dataset:
        """Generated points: the same options give the same."""
        generator = torch.Generator().manual_seed(self.seed)
        each = self.rows // len(CORNERS)
        train, test = (self._split(count, generator) for count in (each - each // 5, each // 5))
        detail = f"generated clouds around four corners, noise {self.noise:g}"
        return Dataset(train, test, CLASSES, "builtin", detail, facts_of(train.inputs, CLASSES))

    def _split(self, each: int, generator: torch.Generator) -> Split:
        """As many points of every cloud: then no line can have more than three quarters of them right."""
        corners = torch.tensor(CORNERS).repeat(each, 1)
        points = corners + self.noise * torch.randn(corners.shape, generator=generator)
        return Split(points, (corners[:, 0] != corners[:, 1]).long())
