"""Gradient descent of a linear neuron with two weights: what the learning rate does, the batch size, the inputs' scale.

L(w) = 1/2 mean (x w - y)^2 is a bowl with the gradient mean x (x w - y) and the curvature H = mean x x^T. Along an
eigenvector of H with eigenvalue lambda a step multiplies the distance from the minimum by 1 - lr lambda: it shrinks
while lr < 2 / lambda (LeCun, Bottou, Orr, Mueller 1998, "Efficient BackProp", section 5.1). The variance of the
gradient of B rows is that of one row / B (Bottou, Curtis, Nocedal 2018, arXiv:1606.04838, section 4). The steepest
direction limits lr and the flattest one needs 1 / lr lambda steps: inputs of mean 0 and deviation 1 make them alike.
"""

import time
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.contracts.trajectory import Trajectory
from dltui.engine.pictures.contour import Surface, contour
from dltui.engine.pictures.lines import lines
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Lines

LIVE = ("lr", "batch")
METRICS = {
    "excess_loss": Metric(
        "training loss above the minimum, as a share of the start's, at most 1000",
        better="lower",
        log=True,
        rows="train",
    ),
    "lr_limit": Metric("learning rate from which a step along the steepest direction leads away: 2 / its curvature"),
    "noise_slope": Metric("slope of a batch gradient's log variance over its log size: -1 where it falls as 1/B"),
    "condition": Metric("condition number: greatest curvature as a multiple of the least", better="lower", log=True),
    "steps": Metric(
        "steps until a twentieth of the start's excess loss was left, or so far",
        better="lower",
        counter=True,
        rows="train",
    ),
    "epoch_ms": Metric("time that an epoch of such steps takes on this machine", better="lower", unit="ms"),
}
START = (2.0, 1.0)  # from the minimum, along the flat direction and the steep one
REACH = 2.6  # of the map, from the minimum
MARGIN = 1.35  # the same of a weight and a bias, as a multiple of the start's distance
SHARE = 0.05  # of the start's excess loss: arrived
LEAST = 1e-6  # excess loss that is drawn
MOST = 1000.0  # of the start's excess loss: more is not told
FARTHEST = 1e6  # of the start's excess loss: a step that leads beyond it is not made
SHARES = np.linspace(0.0, 1.5, 121)  # of the limit, at which a single step is drawn
SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256]  # of batches whose gradients' variance is measured
DRAWS = 1000  # batches of each size for that


def build(
    *,
    lr: float = 0.1,
    batch: int = 32,
    columns: list[int] = (0, 6),
    scaling: Literal["raw", "centred", "standardised"] = "raw",
    lapse: float = 0.0,
) -> Callable[[Context], "GradientDescent"]:
    """Each step is w <- w - lr g, where g is the mean gradient of a batch.

    lr: learning rate as a share of the limit 2 / curvature, above 0.
    batch: rows of a batch, drawn anew at each step, at least 0; 0 takes all rows at once.
    columns: numbers, from 0, of the two columns of the table that the neuron sees; of one alone the second weight is
        the bias, and both begin at 0.
    scaling: of the columns: centred takes the mean away; standardised divides by the deviation too.
    lapse: steps that a step of the run makes at once, as a share of all so far, at least 0; 0 makes one.
    """
    return lambda context: GradientDescent(*neuron_inputs(context.rows, list(columns), scaling), lr, batch, lapse)


def neuron_inputs(rows: Rows, columns: list[int], scaling: str) -> tuple[Tensor, Tensor, bool]:
    """Returns x (N, 2) float64, y (N,), 1 and -1 for the two classes, and whether x ends with the ones of a bias.

    Without a bias the mean is taken from y, so that none is needed. Raises DltuiError (2) where the data have not two
    classes, or not these columns.
    """
    x, targets = rows.labelled(classes=2).train.table()
    if not 1 <= len(columns) == len(set(columns)) <= 2 or not all(0 <= column < x.shape[1] for column in columns):
        what = f"algorithm.columns must be one number or two different ones from 0 to {x.shape[1] - 1}, not {columns}."
        raise DltuiError(what, "Example: algorithm.columns=[0,1]", ExitStatus.USAGE)
    x, y = x[:, columns].double(), 2.0 * targets.double() - 1
    if scaling != "raw":
        x = x - x.mean(0)
    if scaling == "standardised":
        x = x / x.std(0, correction=0)
    if len(columns) == 2:
        return x, y - y.mean(), False
    return torch.cat([x, torch.ones_like(x)], 1), y, True


def loss(w: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """w (..., D), x (N, D), y (N,) -> (...)."""
    return (w @ x.T - y).square().mean(-1) / 2


def gradient(w: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """w (..., D), x (N, D), y (N,) -> (..., D): the mean of the rows' own gradients."""
    return (w @ x.T - y) @ x / len(x)


class Bowl(NamedTuple):
    """`minimum` (D,): where the loss is least. `curvatures` (D,), rising, along `directions` (D, D), one a column."""

    minimum: Tensor
    curvatures: Tensor
    directions: Tensor


def bowl(x: Tensor, y: Tensor) -> Bowl:
    """Returns the form of the loss of rows x (N, D), y (N,), rounded to float32.

    The last bits that a solver gives depend on where the memory lies, and a descent that diverges makes them grow.
    """
    curvatures, directions = torch.linalg.eigh(x.T @ x / len(x))
    exact = torch.linalg.lstsq(x, y[:, None]).solution[:, 0], curvatures, directions
    return Bowl(*(part.float().to(x.dtype) for part in exact))


def variances(gradients: Tensor, sizes: list[int], draws: int) -> Tensor:
    """gradients (N, D) of single rows -> for each size B of a batch the mean squared distance (sizes,) of the means of
    B drawn rows from the mean of all."""
    rows = torch.randint(len(gradients), (draws, max(sizes)))
    means = gradients[rows].cumsum(1)[:, [size - 1 for size in sizes]] / torch.tensor(sizes)[:, None]
    return (means - gradients.mean(0)).square().sum(-1).mean(0)  # means (draws, sizes, D)


class GradientDescent(nn.Module):
    """The neuron on rows x (N, 2), y (N,): its weights `w` (2,), its way so far `trail`."""

    done = False

    def __init__(self, x: Tensor, y: Tensor, bias: bool, lr: float, batch: int, lapse: float):
        super().__init__()
        self.x, self.y, self.lr, self.batch, self.lapse = x, y, lr, batch, lapse
        self.bowl = bowl(x, y)
        self.lr_limit = 2 / self.bowl.curvatures[-1].item()
        start = x.new_zeros(2) if bias else self.bowl.minimum + self.bowl.directions @ x.new_tensor(START)
        self.floor = loss(self.bowl.minimum, x, y)
        self.depth = loss(start, x, y) - self.floor
        reach = MARGIN * (start - self.bowl.minimum).abs() if bias else x.new_full((2,), REACH)
        ranges = zip((self.bowl.minimum - reach).tolist(), (self.bowl.minimum + reach).tolist(), strict=True)
        minima, titles = [tuple(self.bowl.minimum.tolist())], ("w", "b") if bias else ("w1", "w2")
        self.surface = Surface(lambda w: loss(w, x, y), *ranges, minima, titles)
        self.trail = Trajectory(start)
        self.register_buffer("w", start)
        self.register_buffer("steps", torch.tensor(0))
        self.register_buffer("arrival", torch.tensor(-1))

    def step(self) -> dict[str, float]:
        """One step, or many where time is lapsed and something is left to see."""
        lapsed = int(self.lapse * self.steps) if self.lapse and self.excess(self.w) > LEAST else 0
        for _ in range(max(1, lapsed)):
            seconds = self._descend()
        self.trail.add(int(self.steps), self.w)
        return {"excess_loss": min(self.excess(self.w).item(), MOST), "epoch_ms": 1000 * seconds}

    def _descend(self) -> float:
        """A step on a new batch, as long as it does not lead out of all bounds. Returns the seconds of an epoch."""
        rows = torch.randint(len(self.x), (self.batch,)) if self.batch else slice(None)
        began = time.perf_counter()
        x, y = self.x[rows], self.y[rows]
        new = self.w - self.lr * self.lr_limit * gradient(self.w, x, y)
        seconds = (time.perf_counter() - began) * len(self.x) / len(x)
        lost = self.lr >= 1 and self.excess(self.w) >= MOST  # at such a rate it does not come back
        excess = self.excess(new)
        if excess < FARTHEST and not lost:
            self.w = new
        self.steps += 1
        if self.arrival < 0 and excess <= SHARE:
            self.arrival.copy_(self.steps)
        return seconds

    def excess(self, w: Tensor) -> Tensor:
        """w (..., 2) -> (...): the loss above the minimum, as a share of the start's."""
        return (loss(w, self.x, self.y) - self.floor) / self.depth

    def evaluate(self) -> dict[str, float]:
        """The form of the bowl, when it had nearly arrived, and how the noise falls with the batch."""
        slope, _ = np.polyfit(np.log(SIZES), self.variances().log().numpy(), 1)
        flat, steep = self.bowl.curvatures.tolist()
        steps = float(self.steps if self.arrival < 0 else self.arrival)
        return {"lr_limit": self.lr_limit, "condition": steep / flat, "steps": steps, "noise_slope": slope}

    def variances(self) -> Tensor:
        """(sizes,): variance of the gradients of batches of each size, at the weights of now."""
        return variances((self.x @ self.w - self.y)[:, None] * self.x, SIZES, DRAWS)

    def pictures(self) -> Iterator[Picture]:
        """The way on the map of the loss, the loss over steps and over rows, and what rate and batch do to a step."""
        yield Picture("map", contour(self.surface, {"weights": self.trail.values}))
        steps, excess = self.trail.steps.numpy(), self.excess(self.trail.values)
        excess = excess.where(excess < MOST, torch.nan).clamp(min=LEAST).numpy()
        height = "loss above the minimum"
        yield Picture("losses", lines({"loss": (steps, excess)}, x_title="step", y_title=height, log_y=True))
        cost = {"loss": ((steps * (self.batch or len(self.x)))[1:], excess[1:])}
        yield Picture("cost", lines(cost, x_title="rows read", y_title=height, log_x=True, log_y=True))
        yield Picture("one step", self._one_step())
        yield Picture("noise", self._noise())

    def _one_step(self) -> Lines:
        """What a step leaves of the distance along the flat and the steep direction, by its rate; ours as a stem."""
        flat, steep = (np.abs(1 - SHARES * self.lr_limit * curvature) for curvature in self.bowl.curvatures.tolist())
        left = {"steep direction": steep, "flat direction": flat, "as far as before": np.ones_like(flat)}
        curves = {"now": (np.full(2, self.lr * self.lr_limit), np.array([0.0, abs(1 - 2 * self.lr)]))}
        curves |= {name: (SHARES * self.lr_limit, y) for name, y in left.items()}
        return lines(curves, x_title="learning rate", y_title="left of the distance")

    def _noise(self) -> Lines:
        measured, sizes = self.variances().numpy(), np.array(SIZES)
        curves = {"measured": (sizes, measured / measured[0]), "1 / B": (sizes, 1 / sizes)}
        titles = {"x_title": "rows in a batch", "y_title": "variance of the gradient, that of one row = 1"}
        return lines(curves, **titles, log_x=True, log_y=True)
