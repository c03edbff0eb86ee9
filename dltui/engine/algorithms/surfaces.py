"""Surfaces over two weights on which methods of descent are tried, each with the start on it."""

import math

import torch
from torch import Tensor

from dltui.engine.pictures.contour import Surface
from dltui.errors import DltuiError, ExitStatus, did_you_mean

DEPTH = 50  # times that the unit at the cliff is fed its own output
WANTED = 0.7  # output of that unit in the end


def rosenbrock(w: Tensor) -> Tensor:
    """Rosenbrock 1960: a bent valley with an almost flat floor."""
    x, y = w.unbind(-1)
    return ((1 - x) ** 2 + 100 * (y - x**2) ** 2) / 100


def beale(w: Tensor) -> Tensor:
    """Beale 1958: a plain with steep corners."""
    x, y = w.unbind(-1)
    return ((1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2) / 20


def many(w: Tensor) -> Tensor:
    """After Rastrigin 1974: a bowl with many small pits."""
    return (w**2 / 4 + (1 - torch.cos(4 * w)) / 4).sum(-1)


def ravine(w: Tensor) -> Tensor:
    """A valley 60 times as steep across as along."""
    return (0.3 * w[..., 0] ** 2 + 18 * w[..., 1] ** 2) / 2


def saddle(w: Tensor) -> Tensor:
    """Down along y from a place without slope; lowest at y = -sqrt(2) and sqrt(2)."""
    x, y = w.unbind(-1)
    return x**2 - y**2 / 2 + y**4 / 8


def cliff(w: Tensor) -> Tensor:
    """w (..., 2): weight and bias of a unit that is fed its own output again and again (Pascanu et al. 2013, figure 6).

    Its output is to be WANTED in the end. A small change of w, DEPTH times in a row, decides between two outputs.
    """
    weight, bias = w.unbind(-1)
    x = torch.full_like(weight, 0.5)
    for _ in range(DEPTH):
        x = weight * torch.sigmoid(x) + bias
    return 5 * (torch.sigmoid(x) - WANTED) ** 2


VALLEY = (2.5, math.log(WANTED / (1 - WANTED)) - 2.5 * WANTED)  # at the cliff: weights whose output stays WANTED

# name -> surface, and the start on it; the cliff's lowest place is one of a valley of them
SURFACES = {
    "bowl": (Surface(lambda w: w.square().sum(-1), (-2, 2), (-2, 2), [(0, 0)]), (-1.7, 1.4)),
    "ravine": (Surface(ravine, (-2, 2), (-1, 1), [(0, 0)]), (-1.8, 0.35)),
    "saddle": (Surface(saddle, (-2, 2), (-2, 2), [(0, -(2**0.5)), (0, 2**0.5)]), (-1.6, 0.001)),
    "rosenbrock": (Surface(rosenbrock, (-2, 2), (-1, 3), [(1, 1)]), (-1.5, 2.0)),
    "beale": (Surface(beale, (-1, 4), (-1.5, 1.5), [(3, 0.5)]), (0.3, 1.2)),
    "many": (Surface(many, (-3, 3), (-3, 3), [(0, 0)]), (-2.4, 2.1)),
    "cliff": (
        Surface(cliff, (2, 7.5), (-4.5, 0), [VALLEY]),
        (5.5, -3.3),
    ),
}


def named(names: list[str]) -> tuple[dict[str, Surface], Tensor]:
    """Returns surfaces by their names, and the starts on them (S, 2). Raises DltuiError (2) for others."""
    wrong = next((name for name in names if name not in SURFACES), None)
    if wrong or not names:
        what = f'there is no surface "{wrong}".' if wrong else "no surface is named."
        hint = f"{did_you_mean(wrong or '', SURFACES)} Valid: {', '.join(SURFACES)}.".strip()
        raise DltuiError(f"algorithm.surfaces: {what}", hint, ExitStatus.USAGE)
    start = torch.tensor([SURFACES[name][1] for name in names], dtype=torch.float64)
    return {name: SURFACES[name][0] for name in names}, start
