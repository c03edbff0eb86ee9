"""A curve over -1..1 without noise: its points to train on, and those between them for the test."""

import math
from typing import Literal

import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of

SOURCES = ("builtin",)
GIVES = ("numbers", "values")
ROWS = 256  # points to train on
CURVES = {
    "wave": lambda x: torch.sin(3 * math.pi * x) * torch.exp(-x) / 1.5,
    "corners": lambda x: (4 * x.abs() % 2 - 1).abs() - 0.5,
    "stairs": lambda x: torch.floor(2 * x) / 2 + 0.25,
}


def build(*, curve: Literal["wave", "corners", "stairs"] = "wave") -> "Curve":
    """Points of one known curve.

    curve: which one; corners has kinks, stairs has jumps.
    """
    return Curve(curve)


class Curve:
    """Inputs x (N, 1) float32 in -1..1, rising, and targets (N,) float32, the curve there."""

    def __init__(self, curve: str):
        self.curve = curve

    def builtin(self) -> Dataset:
        """The same points every time."""
        train, between = torch.linspace(-1, 1, ROWS)[:, None], torch.linspace(-1, 1, 2 * ROWS - 1)[1::2, None]
        splits = (Split(x, CURVES[self.curve](x[:, 0])) for x in (train, between))
        detail = f"a curve, {self.curve}: {ROWS} points"
        return Dataset(*splits, (), "builtin", detail, facts_of(train, ()), columns=("x",))
