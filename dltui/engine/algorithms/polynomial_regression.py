"""Polynomials of growing degree fitted to noisy points by least squares with a penalty (Hoerl and Kennard 1970)."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.polynomial.chebyshev import chebval, chebvander

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Lines, Marks, Path, Scatter

LIVE = ("ridge",)
METRICS = {
    "validation_error": Metric(
        "mean squared distance of the curve from held-out points", better="lower", log=True, rows="validation"
    ),
    "train_error": Metric(
        "mean squared distance of the curve from the points that it was fitted to",
        better="lower",
        log=True,
        rows="train",
    ),
    "best_degree": Metric("degree with the least validation error so far", whole=True, rows="validation"),
    "largest_coefficient": Metric("largest coefficient of the polynomial, without its sign", log=True),
}
MARKED = 60  # points of which each gets a large mark; more would hide the curve
SHOWN = 50  # of the held-out points, from end to end
DENSE = 300  # points of a drawn curve
ROOM = 0.5  # the drawn curve is cut this far above and below the points


def build(*, points: int = 20, degrees: int = 15, ridge: float = 0.0) -> Callable[[Context], "PolynomialRegression"]:
    """The polynomial of degree 0 before the first step, then one degree more a step.

    points: training rows to fit to, at least 2; the seed takes one from each of as many equal stretches.
    degrees: degree at which it stops, at least 1, at most 60.
    ridge: factor of the sum of the squared coefficients in what is minimised, at least 0.
    """
    return lambda context: PolynomialRegression(context.rows.values(), points, degrees, ridge)


def fitted(x: np.ndarray, y: np.ndarray, degree: int, ridge: float = 0.0) -> np.ndarray:
    """Returns c (degree + 1,) that makes |A c - y|^2 + ridge |c|^2 least, A the Chebyshev basis at x (N,) in -1..1.

    T_0 ... T_degree span what 1, x, x^2 ... span, and stay distinct in floating point where high powers all look alike.
    """
    A = chebvander(x, degree)  # (N, degree + 1)
    if ridge:  # the penalty as further rows: sqrt(ridge) c should be 0
        A = np.concatenate([A, ridge**0.5 * np.eye(degree + 1)])
        y = np.concatenate([y, np.zeros(degree + 1)])
    return np.linalg.lstsq(A, y)[0]


class PolynomialRegression:
    """A walkthrough: the run's seed takes the points; a penalty that is turned bends the curves of all degrees."""

    def __init__(self, rows: Rows, points: int, degrees: int, ridge: float):
        inputs, columns = rows.train.stored, rows.train.stored[0].numel()
        if columns > 1 or inputs.abs().max() > 1:
            raise DltuiError(
                f"A polynomial is fitted to rows with one number in -1..1; these have {columns}, from"
                f" {inputs.min():g} to {inputs.max():g}.",
                "Take: data.kind=curve",
                ExitStatus.USAGE,
            )
        self.ridge, self.length = ridge, degrees
        N = len(rows.train)
        points = min(points, N)
        taken = ((torch.arange(points) + torch.rand(points)) * N / points).long().clamp(max=N - 1)
        (x, y), (held_x, held_y) = rows.train.table(), rows.test.table()
        self.x, self.y = x[taken, 0].double().numpy(), y[taken].double().numpy()
        self.held_x, self.held_y = held_x[:, 0].double().numpy(), held_y.double().numpy()

    def at(self, step: int) -> Moment:
        """With `step` as the degree."""
        curves = [fitted(self.x, self.y, degree, self.ridge) for degree in range(step + 1)]
        points = ((self.x, self.y), (self.held_x, self.held_y))
        errors = np.array([[np.square(chebval(x, c) - y).mean() for c in curves] for x, y in points])  # (2, step + 1)
        metrics = {
            "validation_error": errors[1, -1],
            "train_error": errors[0, -1],
            "best_degree": errors[1].argmin(),
            "largest_coefficient": np.abs(curves[-1]).max(),
        }
        pictures = [Picture("fit", self._fit(curves[-1])), Picture("errors", self._errors(errors))]
        return Moment({name: float(value) for name, value in metrics.items()}, pictures)

    def _fit(self, c: np.ndarray) -> Scatter:
        """The points, and the polynomial with coefficients c through them, broken where it leaves the picture."""
        x = np.linspace(-1, 1, DENSE)
        y = chebval(x, c)
        some = slice(None, None, max(1, len(self.held_x) // SHOWN))
        shown_x = np.concatenate([self.x, self.held_x[some]])
        shown_y = np.concatenate([self.y, self.held_y[some]])
        y[(y < shown_y.min() - ROOM) | (y > shown_y.max() + ROOM)] = np.nan
        return Scatter(
            x=shown_x,
            y=shown_y,
            label=(np.arange(len(shown_x)) >= len(self.x)).astype(int),
            classes=["fitted to", "held out"],
            behind={"held out": ""},
            paths=[Path(x=x, y=y, name=f"degree {len(c) - 1}")],
            x_title="x",
            y_title="y",
            marks=Marks(x=self.x, y=self.y, label=[0] * len(self.x)) if len(self.x) <= MARKED else None,
        )

    def _errors(self, errors: np.ndarray) -> Lines:
        """errors (2, degrees so far); what is to come is empty, so that the axis stands still."""
        degrees = np.arange(self.length + 1)
        padded = np.full((2, len(degrees)), np.nan)
        padded[:, : errors.shape[1]] = errors
        return lines(
            {"fitted to": (degrees, padded[0]), "held out": (degrees, padded[1])},
            x_title="degree",
            y_title="error",
            log_y=True,
        )
