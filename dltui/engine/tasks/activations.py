"""Activations shown one after the other: a tangent travels along the function and leaves its slope behind."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from dltui.engine.algorithms.activations import ACTIVATIONS, TWIST, Factors
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Picture
from dltui.recipes.metric import Metric

MODELS = ()
NEEDS_DATA = False
LIVE = ("a", "alpha")
METRICS = {
    "shown": Metric("functions that the tangent has travelled along to their end"),
    "slope": Metric("slope of the function that is shown, where the tangent is"),
    "value": Metric("its value there"),
    "steepest": Metric("its greatest slope so far"),
    "error": Metric(
        "greatest distance so far of a slope, of any function, from what torch's autograd gives for torch's own",
        better="lower",
    ),
    "value_error": Metric("the same for the values", better="lower"),
}
FARTHEST = 3.0  # of x, on both sides
STOPS = 13  # of the tangent on its way along a function
POINTS = 121  # of a drawn curve
LOWEST = -1.5  # of y = x: below, no function goes that far
REACH = 1.0  # of the drawn tangent, to each side
LAYERS = 10  # through which a gradient is said to go back
# what torch has of its own; a draw of noise is given to it
TORCHS = {
    "sigmoid": lambda x, f: torch.sigmoid(x),
    "tanh": lambda x, f: torch.tanh(x),
    "tanh + ax": lambda x, f: torch.tanh(x) + TWIST * x,
    "arctan": lambda x, f: torch.arctan(x),
    "softsign": lambda x, f: functional.softsign(x),
    "ReLU": lambda x, f: torch.relu(x),
    "noisy ReLU": lambda x, f: torch.relu(x + f.z * torch.sigmoid(x).sqrt()),
    "leaky ReLU": lambda x, f: functional.leaky_relu(x),
    "PReLU": lambda x, f: functional.prelu(x, torch.tensor([f.a], dtype=x.dtype)),
    "softplus": lambda x, f: functional.softplus(x),
    "ELU": lambda x, f: functional.elu(x, f.alpha),
}


def build(*, a: float = 0.25, alpha: float = 1.0) -> Callable:
    """Returns (data, nets, device) -> Activations.

    a: slope of PReLU for negative x, at least -1, at most 1.
    alpha: depth to which ELU falls, above 0, at most 1.5.
    """
    return partial(Activations, a=a, alpha=alpha)


class Activations:
    """A step moves the tangent half a unit to the left; after the leftmost x comes the next function."""

    def __init__(self, data: Dataset | None, nets: dict[str, nn.Module], device: torch.device, a: float, alpha: float):
        self.a, self.alpha = a, alpha
        self.stops = torch.linspace(FARTHEST, -FARTHEST, STOPS, dtype=torch.float64)
        self.x = torch.linspace(-FARTHEST, FARTHEST, POINTS, dtype=torch.float64)
        self.place = nets["place"] = Counters(done=0)
        self.state = nets["state"] = State()

    @property
    def factors(self) -> Factors:
        return Factors(self.a, self.alpha, self.state.z.item())

    def advance(self, step: int) -> dict[str, float]:
        """Every stop is compared with torch for all functions, with a new draw of the noise."""
        if self.place["done"] < len(ACTIVATIONS) * STOPS - 1:
            self.place["done"] += 1
        self.state.z.copy_(torch.randn((), dtype=torch.float64))
        for row, name in enumerate(ACTIVATIONS):
            apart = torch.stack(ours(name, self.x, self.factors)) - torch.stack(torchs(name, self.x, self.factors))
            self.state.errors[row] = torch.maximum(self.state.errors[row], apart.abs().amax(1))
        return {}

    @property
    def _now(self) -> tuple[str, int]:
        """(name of the function that is shown, number of the stop)."""
        row, stop = divmod(self.place["done"], STOPS)
        return list(ACTIVATIONS)[row], stop

    def evaluate(self) -> dict[str, float]:
        name, stop = self._now
        value, slope = ours(name, self.stops[: stop + 1], self.factors)
        value_error, error = self.state.errors.amax(0).tolist()
        shown = (self.place["done"] + 1) // STOPS
        return {
            "shown": shown, "slope": slope[-1].item(), "value": value[-1].item(), "steepest": slope.max().item(),
            "error": error, "value_error": value_error,
        }  # fmt: skip

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """The function that is shown with its tangent; the slopes of all at the same x; their formulas and numbers."""
        yield Picture("tangent", self._tangent())
        yield Picture("slopes", self._slopes())
        yield Picture("formulas", self._formulas())

    def _tangent(self) -> dict:
        name, stop = self._now
        at = self.stops[stop]
        values, slopes = ours(name, self.x, self.factors)
        value, slope = (number.item() for number in ours(name, at, self.factors))
        near = (at + torch.tensor([-REACH, REACH])).clamp(-FARTHEST, FARTHEST)  # the axis holds still
        straight = self.x[self.x >= LOWEST]  # y = x: what it were without a function; it holds the axes still, too
        curves = {
            f"tangent at x = {at:+.1f}": (near, value + slope * (near - at)),
            name: (self.x, values),
            f"its slope, {slope:.3f}": (self.x[self.x >= at - 1e-9], slopes[self.x >= at - 1e-9]),
            "none: y = x": (straight, straight),
        }
        drawn = [{"name": told, "x": x.numpy(), "y": held(y)} for told, (x, y) in curves.items()]
        return {"type": "lines", "curves": drawn, "x_title": "what comes into a unit"}

    def _slopes(self) -> dict:
        at = self.stops[self._now[1]]
        slopes = [ours(name, at, self.factors)[1].item() for name in ACTIVATIONS]
        title = f"slope at x = {at:+.1f}: the factor on the gradient's way back"
        # the bar of no function at all holds the scale still
        return {"type": "bars", "labels": ["none", *ACTIVATIONS], "values": [1.0, *slopes], "title": title}

    def _formulas(self) -> dict:
        at = self.stops[self._now[1]]
        rows = []
        for name, each in ACTIVATIONS.items():
            value, slope = (number.item() + 0.0 for number in ours(name, at, self.factors))  # -0 becomes 0
            rows.append([name, each.formula, each.slope_formula, value, slope, f"{slope**LAYERS:.1g}"])
        columns = ["", "f(x)", "f'(x)", f"f({at:+.1f})", "slope", f"{LAYERS} layers"]
        return {"type": "table", "columns": columns, "rows": rows}


class State(nn.Module):
    """The noise of now, and of every function the greatest error of its values and of its slopes (functions, 2)."""

    def __init__(self):
        super().__init__()
        self.register_buffer("z", torch.zeros((), dtype=torch.float64))
        self.register_buffer("errors", torch.zeros(len(ACTIVATIONS), 2, dtype=torch.float64))


def ours(name: str, x: Tensor, factors: Factors) -> tuple[Tensor, Tensor]:
    """Values and slopes by the formulas."""
    each = ACTIVATIONS[name]
    return each.value(x, factors), each.slope(x, factors)


def torchs(name: str, x: Tensor, factors: Factors) -> tuple[Tensor, Tensor]:
    """Values by torch's own function, slopes by autograd."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        values = TORCHS[name](x, factors)
        return values.detach(), torch.autograd.grad(values.sum(), x)[0]


def held(y: Tensor) -> np.ndarray:
    """Cut where it leaves the picture: all functions are drawn to one scale."""
    return y.masked_fill((y < LOWEST) | (y > FARTHEST), torch.nan).numpy()
