"""Activations and their slopes, as formulas.

Leaky ReLU: Maas, Hannun, Ng 2013; PReLU: He et al. 2015, arXiv:1502.01852; ELU: Clevert et al. 2016, arXiv:1511.07289;
noisy ReLU: Nair and Hinton 2010; tanh with a twist: LeCun et al. 1998.

x may have any shape. Where a function has a corner, at 0, its slope is that of the left side, as torch has it.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

LEAK = 0.01  # slope of leaky ReLU below 0
TWIST = 0.1  # a of tanh x + a x


class Factors(NamedTuple):
    """What some of the functions have beside x."""

    a: float = 0.25  # PReLU's slope below 0, which it learns; it begins with 0.25
    alpha: float = 1.0  # how far below 0 ELU goes
    z: float = 0.0  # noisy ReLU's draw from N(0, 1)


class Activation(NamedTuple):
    """`value(x, factors)` and `slope(x, factors)`, and both in plain characters."""

    value: Callable[[Tensor, Factors], Tensor]
    slope: Callable[[Tensor, Factors], Tensor]
    formula: str
    slope_formula: str


def sigmoid(x: Tensor) -> Tensor:
    """1 / (1 + e^-x)."""
    return 1 / (1 + torch.exp(-x))


def tanh(x: Tensor) -> Tensor:
    """A sigmoid stretched to -1..1: 2 sigmoid(2 x) - 1."""
    return 2 * sigmoid(2 * x) - 1


def step(x: Tensor) -> Tensor:
    """1 above 0, else 0."""
    return (x > 0).to(x.dtype)


def bent(x: Tensor, below: float) -> Tensor:
    """x above 0, `below` x elsewhere."""
    return torch.where(x > 0, x, below * x)


def noise(x: Tensor, z: float) -> Tensor:
    """e ~ N(0, s(x)), as large where the unit is active and nothing far below: z sqrt(sigmoid(x))."""
    return z * torch.sqrt(sigmoid(x))


def noisy_slope(x: Tensor, z: float) -> Tensor:
    """0 or 1, and what the noise adds as it grows with x: e' = e (1 - sigmoid(x)) / 2."""
    e = noise(x, z)
    return step(x + e) * (1 + e * (1 - sigmoid(x)) / 2)


ACTIVATIONS = {
    "sigmoid": Activation(
        lambda x, _: sigmoid(x), lambda x, _: sigmoid(x) * (1 - sigmoid(x)), "s = 1/(1+e^-x)", "s (1-s)"
    ),
    "tanh": Activation(lambda x, _: tanh(x), lambda x, _: 1 - tanh(x) ** 2, "2 s(2x) - 1", "1 - f^2"),
    "tanh + ax": Activation(
        lambda x, _: tanh(x) + TWIST * x, lambda x, _: 1 - tanh(x) ** 2 + TWIST, "tanh x + 0.1 x", "1 - tanh^2 + 0.1"
    ),
    "arctan": Activation(lambda x, _: torch.atan(x), lambda x, _: 1 / (1 + x**2), "arctan x", "1/(1+x^2)"),
    "softsign": Activation(
        lambda x, _: x / (1 + x.abs()), lambda x, _: 1 / (1 + x.abs()) ** 2, "x/(1+|x|)", "1/(1+|x|)^2"
    ),
    "ReLU": Activation(lambda x, _: bent(x, 0.0), lambda x, _: step(x), "max(0, x)", "0 or 1"),
    "noisy ReLU": Activation(
        lambda x, f: bent(x + noise(x, f.z), 0.0), lambda x, f: noisy_slope(x, f.z), "max(0, x+e)", "0 or (x+e)'"
    ),
    "leaky ReLU": Activation(
        lambda x, _: bent(x, LEAK), lambda x, _: LEAK + (1 - LEAK) * step(x), "x or 0.01 x", "1 or 0.01"
    ),
    "PReLU": Activation(lambda x, f: bent(x, f.a), lambda x, f: f.a + (1 - f.a) * step(x), "x or a x", "1 or a"),
    "softplus": Activation(lambda x, _: torch.log(1 + torch.exp(x)), lambda x, _: sigmoid(x), "ln(1+e^x)", "s"),
    "ELU": Activation(
        lambda x, f: torch.where(x > 0, x, f.alpha * (torch.exp(x) - 1)),
        lambda x, f: torch.where(x > 0, 1.0, f.alpha * torch.exp(x)),
        "x or alpha (e^x-1)",
        "1 or f + alpha",
    ),
}
