"""Landscapes over the plane on which descent is watched. Each is scaled so that one learning rate suits all."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor


class Surface(NamedTuple):
    """`height(w (..., 2)) -> (...)`, the part of the plane that is shown, where descent begins, the least places."""

    height: Callable[[Tensor], Tensor]
    x: tuple[float, float]
    y: tuple[float, float]
    start: tuple[float, float]
    least: tuple[tuple[float, float], ...]


def bowl(w: Tensor) -> Tensor:
    """x^2 + y^2."""
    x, y = w.unbind(-1)
    return x**2 + y**2


def ravine(w: Tensor) -> Tensor:
    """A valley 60 times as steep across as along."""
    x, y = w.unbind(-1)
    return (0.3 * x**2 + 18 * y**2) / 2


def saddle(w: Tensor) -> Tensor:
    """Down along y from a place without slope; least at y = -sqrt(2) and sqrt(2)."""
    x, y = w.unbind(-1)
    return x**2 - y**2 / 2 + y**4 / 8


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


ROOT2 = 2**0.5
SURFACES = {
    "bowl": Surface(bowl, (-2, 2), (-2, 2), (-1.7, 1.4), ((0, 0),)),
    "ravine": Surface(ravine, (-2, 2), (-1, 1), (-1.8, 0.35), ((0, 0),)),
    "saddle": Surface(saddle, (-2, 2), (-2, 2), (-1.6, 0.001), ((0, -ROOT2), (0, ROOT2))),
    "rosenbrock": Surface(rosenbrock, (-2, 2), (-1, 3), (-1.5, 2.0), ((1, 1),)),
    "beale": Surface(beale, (-1, 4), (-1.5, 1.5), (0.3, 1.2), ((3, 0.5),)),
    "many": Surface(many, (-3, 3), (-3, 3), (-2.4, 2.1), ((0, 0),)),
}
