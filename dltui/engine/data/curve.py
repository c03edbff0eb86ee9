"""A known curve over -1..1, perhaps with noise: points of it to train on, and those between them for the test."""

import math
from typing import Literal

import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of

SOURCES = ("builtin",)
GIVES = ("numbers", "values")
CURVES = {
    "sine": lambda x: torch.sin(math.pi * x),
    "wave": lambda x: torch.sin(3 * math.pi * x) * torch.exp(-x) / 1.5,
    "corners": lambda x: (4 * x.abs() % 2 - 1).abs() - 0.5,
    "stairs": lambda x: torch.floor(2 * x) / 2 + 0.25,
}


def build(
    *, curve: Literal["sine", "wave", "corners", "stairs"] = "wave", rows: int = 256, noise: float = 0.0
) -> "Curve":
    """Points of one known curve.

    curve: which one; sine has one period, wave three that fade, corners has kinks, stairs has jumps.
    rows: points to train on, at least 2; one fewer are for the test.
    noise: standard deviation of what is added to the curve at each point, at least 0.
    """
    return Curve(curve, rows, noise)


class Curve:
    """Inputs x (N, 1) float32 in -1..1, rising, and targets (N,) float32, the curve there and noise."""

    def __init__(self, curve: str, rows: int, noise: float):
        self.curve, self.rows, self.noise = curve, rows, noise

    def builtin(self) -> Dataset:
        """The same points every time."""
        generator = torch.Generator().manual_seed(0)
        train, between = torch.linspace(-1, 1, self.rows), torch.linspace(-1, 1, 2 * self.rows - 1)[1::2]
        splits = (
            Split(x[:, None], CURVES[self.curve](x) + self.noise * torch.randn(len(x), generator=generator))
            for x in (train, between)
        )
        detail = f"a curve, {self.curve}: {self.rows} points"
        return Dataset(*splits, (), "builtin", detail, facts_of(train[:, None], ()), columns=("x",))
