"""Gaussians on a circle: the test of mode collapse (Metz et al. 2017, arXiv:1611.02163)."""

import math

import torch
from torch import Tensor

from dltui.engine.contracts.dataset import Dataset, Split, facts_of

SOURCES = ("builtin",)
TEST_ROWS = 2000


def build(*, modes: int = 8, rows: int = 8000, spread: float = 0.05, radius: float = 2.0, seed: int = 0) -> "Ring":
    """Points in the plane, as many in each Gaussian.

    modes: Gaussians, at least 1 and at most 30.
    rows: points to train on, at least 100.
    spread: standard deviation of each Gaussian, above 0.
    radius: of the circle on which their centres stand, above 0.
    seed: decides the points, at least 0.
    """
    return Ring(modes, rows, spread, radius, seed)


class Ring:
    """Points (N, 2) float32, as they are; a point's class is the number of its Gaussian."""

    def __init__(self, modes: int, rows: int, spread: float, radius: float, seed: int):
        self.modes, self.rows, self.spread, self.radius, self.seed = modes, rows, spread, radius, seed

    def builtin(self) -> Dataset:
        """Generated points: the same options give the same."""
        generator = torch.Generator().manual_seed(self.seed)
        train, test = self._split(self.rows, generator), self._split(TEST_ROWS, generator)
        classes = tuple(str(number + 1) for number in range(self.modes))
        detail = f"{self.modes} Gaussians on a circle"
        return Dataset(train, test, classes, "builtin", detail, facts_of(train.inputs, classes))

    def _split(self, rows: int, generator: torch.Generator) -> Split:
        targets = torch.arange(rows) % self.modes
        centres = circle(self.modes, self.radius)
        return Split(centres[targets] + self.spread * torch.randn(rows, 2, generator=generator), targets)


def circle(modes: int, radius: float) -> Tensor:
    """Returns points (modes, 2) evenly spread on a circle, anticlockwise from the right."""
    angle = torch.arange(modes) * (2 * math.pi / modes)
    return radius * torch.stack([angle.cos(), angle.sin()], 1)
