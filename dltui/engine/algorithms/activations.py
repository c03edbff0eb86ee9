"""Activations shown one after the other: a tangent travels along the function and leaves its slope behind.

Leaky ReLU: Maas, Hannun, Ng 2013; PReLU: He et al. 2015, arXiv:1502.01852; ELU: Clevert et al. 2016, arXiv:1511.07289;
noisy ReLU: Nair and Hinton 2010; tanh with a twist: LeCun et al. 1998.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars, Lines, Table

NEEDS_DATA = False
LIVE = ("a", "alpha")
METRICS = {
    "shown": Metric("functions that the tangent has travelled along to their end", counter=True),
    "slope": Metric("slope of the function that is shown, where the tangent is"),
    "value": Metric("value of the function that is shown, where the tangent is"),
    "steepest": Metric("greatest slope so far of the function that is shown"),
    "error": Metric(
        "greatest distance of any slope from autograd's through torch's own functions", better="lower", check=True
    ),
    "value_error": Metric("greatest distance of a value, of any function, from torch's", better="lower", check=True),
}
LEAK = 0.01  # slope of leaky ReLU below 0
TWIST = 0.1  # a of tanh x + a x
FARTHEST = 3.0  # of x, on both sides
STOPS = torch.linspace(FARTHEST, -FARTHEST, 13, dtype=torch.float64)  # of the tangent on its way along a function
X = torch.linspace(-FARTHEST, FARTHEST, 121, dtype=torch.float64)  # of a drawn curve
LOWEST = -1.5  # of y = x: below, no function goes that far
REACH = 1.0  # of the drawn tangent, to each side
LAYERS = 10  # through which a gradient is said to go back


def build(*, a: float = 0.25, alpha: float = 1.0) -> Callable[[Context], "Activations"]:
    """Each step moves the tangent half a unit to the left; after the leftmost x comes the next function.

    a: slope of PReLU for negative x, at least -1, at most 1.
    alpha: depth to which ELU falls, above 0, at most 1.5.
    """
    return lambda context: Activations(a, alpha)


class Factors(NamedTuple):
    """What some of the functions have beside x."""

    a: float = 0.25  # PReLU's slope below 0, which it learns; it begins with 0.25
    alpha: float = 1.0  # how far below 0 ELU goes
    z: float = 0.0  # noisy ReLU's draw from N(0, 1)


class Activation(NamedTuple):
    """`value(x, factors)` and `slope(x, factors)`, both in plain characters, and what torch has of its own.

    Where a function has a corner, at 0, its slope is that of the left side, as torch has it.
    """

    value: Callable[[Tensor, Factors], Tensor]
    slope: Callable[[Tensor, Factors], Tensor]
    formula: str
    slope_formula: str
    torchs: Callable[[Tensor, Factors], Tensor]


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
        lambda x, _: sigmoid(x), lambda x, _: sigmoid(x) * (1 - sigmoid(x)),
        "s = 1/(1+e^-x)", "s (1-s)", lambda x, _: torch.sigmoid(x),
    ),
    "tanh": Activation(
        lambda x, _: tanh(x), lambda x, _: 1 - tanh(x) ** 2, "2 s(2x) - 1", "1 - f^2", lambda x, _: torch.tanh(x)
    ),
    "tanh + ax": Activation(
        lambda x, _: tanh(x) + TWIST * x, lambda x, _: 1 - tanh(x) ** 2 + TWIST,
        "tanh x + 0.1 x", "1 - tanh^2 + 0.1", lambda x, _: torch.tanh(x) + TWIST * x,
    ),
    "arctan": Activation(
        lambda x, _: torch.atan(x), lambda x, _: 1 / (1 + x**2),
        "arctan x", "1/(1+x^2)", lambda x, _: torch.arctan(x),
    ),
    "softsign": Activation(
        lambda x, _: x / (1 + x.abs()), lambda x, _: 1 / (1 + x.abs()) ** 2,
        "x/(1+|x|)", "1/(1+|x|)^2", lambda x, _: functional.softsign(x),
    ),
    "ReLU": Activation(
        lambda x, _: bent(x, 0.0), lambda x, _: step(x), "max(0, x)", "0 or 1", lambda x, _: torch.relu(x)
    ),
    "noisy ReLU": Activation(
        lambda x, f: bent(x + noise(x, f.z), 0.0), lambda x, f: noisy_slope(x, f.z),
        "max(0, x+e)", "0 or (x+e)'", lambda x, f: torch.relu(x + f.z * torch.sigmoid(x).sqrt()),
    ),
    "leaky ReLU": Activation(
        lambda x, _: bent(x, LEAK), lambda x, _: LEAK + (1 - LEAK) * step(x),
        "x or 0.01 x", "1 or 0.01", lambda x, _: functional.leaky_relu(x),
    ),
    "PReLU": Activation(
        lambda x, f: bent(x, f.a), lambda x, f: f.a + (1 - f.a) * step(x),
        "x or a x", "1 or a", lambda x, f: functional.prelu(x, x.new_tensor([f.a])),
    ),
    "softplus": Activation(
        lambda x, _: torch.log(1 + torch.exp(x)), lambda x, _: sigmoid(x),
        "ln(1+e^x)", "s", lambda x, _: functional.softplus(x),
    ),
    "ELU": Activation(
        lambda x, f: torch.where(x > 0, x, f.alpha * (torch.exp(x) - 1)),
        lambda x, f: torch.where(x > 0, 1.0, f.alpha * torch.exp(x)),
        "x or alpha (e^x-1)", "1 or f + alpha", lambda x, f: functional.elu(x, f.alpha),
    ),
}  # fmt: skip


def ours(name: str, x: Tensor, factors: Factors) -> Tensor:
    """Values and slopes by the formulas, (2, ...)."""
    each = ACTIVATIONS[name]
    return torch.stack([each.value(x, factors), each.slope(x, factors)])


def torchs(name: str, x: Tensor, factors: Factors) -> Tensor:
    """Values by torch's own function, slopes by autograd, (2, ...)."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        values = ACTIVATIONS[name].torchs(x, factors)
        return torch.stack([values.detach(), torch.autograd.grad(values.sum(), x)[0]])


class Activations:
    """A walkthrough: at every step all functions are compared with torch's, with a new draw of the noise."""

    length = len(ACTIVATIONS) * len(STOPS) - 1

    def __init__(self, a: float, alpha: float):
        self.a, self.alpha = a, alpha

    def at(self, step: int) -> Moment:
        """The function of now with its tangent; the slopes of all at the same x; their formulas and numbers."""
        row, stop = divmod(step, len(STOPS))
        name, at = list(ACTIVATIONS)[row], STOPS[stop]
        factors = Factors(self.a, self.alpha, torch.randn((), generator=torch.Generator().manual_seed(step)).item())
        errors = [(ours(each, X, factors) - torchs(each, X, factors)).abs().amax(1) for each in ACTIVATIONS]
        value_error, error = torch.stack(errors).amax(0).tolist()
        values, slopes = ours(name, STOPS[: stop + 1], factors)
        metrics = {"shown": (step + 1) // len(STOPS), "slope": slopes[-1].item(), "value": values[-1].item()}
        metrics |= {"steepest": slopes.max().item(), "error": error, "value_error": value_error}
        pictures = [
            Picture("tangent", tangent(name, at, factors)),
            Picture("slopes", all_slopes(at, factors)),
            Picture("formulas", formulas(at, factors)),
        ]
        return Moment(metrics, pictures)


def tangent(name: str, at: Tensor, factors: Factors) -> Lines:
    """A function, its tangent at x = `at`, and its slope as far as the tangent has come."""
    (values, slopes), (value, slope) = ours(name, X, factors), ours(name, at, factors).tolist()
    near = (at + torch.tensor([-REACH, REACH])).clamp(-FARTHEST, FARTHEST)  # the axis holds still
    straight = X[X >= LOWEST]  # y = x: what it were without a function; it holds the axes still, too
    curves = {
        f"tangent at x = {at:+.1f}": (near, held(value + slope * (near - at))),
        name: (X, held(values)),
        f"its slope, {slope:.3f}": (X[at - 1e-9 <= X], held(slopes[at - 1e-9 <= X])),
        "none: y = x": (straight, held(straight)),
    }
    return lines(curves, x_title="what comes into a unit", y_title="value")


def all_slopes(at: Tensor, factors: Factors) -> Bars:
    """The slopes of all functions at x = `at`; the bar of no function at all holds the scale still."""
    slopes = [ours(name, at, factors)[1].item() for name in ACTIVATIONS]
    title = f"slope at x = {at:+.1f}: the factor on the gradient's way back"
    return Bars(labels=["none", *ACTIVATIONS], values=[1.0, *slopes], title=title)


def formulas(at: Tensor, factors: Factors) -> Table:
    """All functions and their slopes as formulas, and as numbers at x = `at`."""
    rows = []
    for name, each in ACTIVATIONS.items():
        value, slope = (number + 0.0 for number in ours(name, at, factors).tolist())  # -0 becomes 0
        rows.append([name, each.formula, each.slope_formula, value, slope, f"{slope**LAYERS:.1g}"])
    return Table(columns=["", "f(x)", "f'(x)", f"f({at:+.1f})", "slope", f"{LAYERS} layers"], rows=rows)


def held(y: Tensor) -> Tensor:
    """Cut where it leaves the picture: all functions are drawn to one scale."""
    return y.masked_fill((y < LOWEST) | (y > FARTHEST), torch.nan)
