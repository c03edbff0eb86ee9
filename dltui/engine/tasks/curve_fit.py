"""Fitting a curve through noisy points with more and more freedom: one degree of a polynomial a step."""

import math
from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.polynomials import fitted, value
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Picture
from dltui.recipes.metric import Metric

MODELS = ()
NEEDS_DATA = False
LIVE = ("ridge",)
METRICS = {
    "validation_error": Metric(
        "mean squared distance of the curve from points that it was not fitted to", better="lower"
    ),
    "train_error": Metric("the same for the points that it was fitted to", better="lower"),
    "best_degree": Metric("degree with the least validation error so far"),
    "largest": Metric("largest coefficient of the polynomial, without its sign"),
}
HELD_BACK = 400  # points for validation
MARKED = 60  # points of which each gets a large mark; more would hide the curve
SHOWN = 50  # of these, from end to end
DENSE = 300  # points of a drawn curve
ROOM = 0.5  # the drawn curve is cut this far above and below the points


def build(*, points: int = 20, noise: float = 0.25, degrees: int = 15, ridge: float = 0.0) -> Callable:
    """Returns (data, nets, device) -> CurveFit.

    points: points to fit to, at least 2.
    noise: standard deviation of what is added to the curve at each point, at least 0.
    degrees: degree at which it stops, at least 1, at most 60.
    ridge: factor of the sum of the squared coefficients in what is made least, at least 0.
    """
    return partial(CurveFit, points=points, noise=noise, degrees=degrees, ridge=ridge)


class CurveFit:
    """Points drawn by the run's seed; the polynomial of degree 0 before the first step, then one degree more a step."""

    def __init__(
        self,
        data: Dataset | None,
        nets: dict[str, nn.Module],
        device: torch.device,
        points: int,
        noise: float,
        degrees: int,
        ridge: float,
    ):
        self.ridge, self.degrees = ridge, degrees
        self.state = nets["state"] = State(*drawn(points, noise), *drawn(HELD_BACK, noise), degrees)
        self.place = nets["place"] = Counters(degree=0)
        self._fit()

    def advance(self, step: int) -> dict[str, float]:
        """One degree more, as long as there is one; a penalty that is turned later bends the last curve."""
        self.place["degree"] = min(self.place["degree"] + 1, self.degrees)
        self._fit()
        return {}

    def _fit(self) -> None:
        state, degree = self.state, self.place["degree"]
        c = fitted(state.x, state.y, degree, self.ridge)
        state.c[: degree + 1] = c
        state.errors[0, degree] = (value(c, state.x) - state.y).square().mean()
        state.errors[1, degree] = (value(c, state.held_x) - state.held_y).square().mean()

    def evaluate(self) -> dict[str, float]:
        train, validation = self.state.errors[:, self.place["degree"]].tolist()
        return {
            "validation_error": validation,
            "train_error": train,
            "best_degree": float(self.state.errors[1].nan_to_num(math.inf).argmin()),
            "largest": self.state.c.abs().max().item(),
        }

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        yield Picture("fit", self._curve())
        yield Picture("errors", self._errors())

    def _curve(self) -> dict:
        """The points, and the polynomial of now through them, broken where it leaves the picture."""
        state, degree = self.state, self.place["degree"]
        x = torch.linspace(-1, 1, DENSE, dtype=torch.float64)
        y = value(state.c[: degree + 1], x)
        shown_x, shown_y = (
            torch.cat([of_train, held[:: HELD_BACK // SHOWN]])
            for of_train, held in ((state.x, state.held_x), (state.y, state.held_y))
        )
        outside = (y < shown_y.min() - ROOM) | (y > shown_y.max() + ROOM)
        marks = {"x": state.x.numpy(), "y": state.y.numpy(), "label": [0] * len(state.x)}
        label = (torch.arange(len(shown_x)) >= len(state.x)).long()
        return {
            "type": "scatter", "x": shown_x.numpy(), "y": shown_y.numpy(), "label": label.numpy(),
            "classes": ["fitted to", "held back"], "behind": {"held back": ""},
            "paths": [{"x": x.numpy(), "y": y.masked_fill(outside, torch.nan).numpy()}],
            "x_title": f"degree {degree}", **({"marks": marks} if len(state.x) <= MARKED else {}),
        }  # fmt: skip

    def _errors(self) -> dict:
        degrees = torch.arange(self.degrees + 1).numpy()
        names = ("fitted to", "held back")
        curves = [
            {"name": name, "x": degrees, "y": of.numpy()} for name, of in zip(names, self.state.errors, strict=True)
        ]
        return {"type": "lines", "curves": curves, "x_title": "degree", "y_title": "error", "log_y": True}


class State(nn.Module):
    """The points, the coefficients of now (degrees + 1,), and both errors of every degree (2, degrees + 1)."""

    def __init__(self, x: Tensor, y: Tensor, held_x: Tensor, held_y: Tensor, degrees: int):
        super().__init__()
        for name, points in {"x": x, "y": y, "held_x": held_x, "held_y": held_y}.items():
            self.register_buffer(name, points)
        self.register_buffer("c", torch.zeros(degrees + 1, dtype=torch.float64))
        self.register_buffer("errors", torch.full((2, degrees + 1), torch.nan, dtype=torch.float64))


def drawn(count: int, noise: float) -> tuple[Tensor, Tensor]:
    """Returns x (count,), one anywhere in each of `count` equal parts of -1..1, and y: a wave, and noise."""
    x = 2 * (torch.arange(count) + torch.rand(count, dtype=torch.float64)) / count - 1
    return x, torch.sin(math.pi * x) + noise * torch.randn(count, dtype=torch.float64)
