"""Gradient descent of a linear neuron with two weights: what the learning rate does, and what the size of a batch.

L(w) = 1/2 mean (x w - y)^2 is a bowl with the gradient mean x (x w - y) and the curvature H = mean x x^T. Along an
eigenvector of H with eigenvalue lambda a step multiplies the distance from the minimum by 1 - lr lambda: it shrinks
while lr < 2 / lambda (LeCun, Bottou, Orr, Mueller 1998, "Efficient BackProp", section 5.1). The variance of the
gradient of B rows is that of one row / B (Bottou, Curtis, Nocedal 2018, arXiv:1606.04838, section 4).
"""

import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

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
    "excess_loss": Metric("training loss above the minimum, as a share of the start's, at most 1000", better="lower"),
    "lr_limit": Metric("learning rate from which a step along the steepest direction leads away: 2 / its curvature"),
    "noise_slope": Metric("slope of a batch gradient's log variance over its log size: -1 where it falls as 1/B"),
    "epoch_ms": Metric("time that an epoch of such steps takes on this machine", better="lower", unit="ms"),
}
START = (2.0, 1.0)  # from the minimum, along the flat direction and the steep one
REACH = 2.6  # of the map, from the minimum
MOST = 1000.0  # of the start's excess loss: more is not told
FARTHEST = 1e6  # of the start's excess loss: a step that leads beyond it is not made
SHARES = np.linspace(0.0, 1.5, 121)  # of the limit, at which a single step is drawn
SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256]  # of batches whose gradients' variance is measured
DRAWS = 1000  # batches of each size for that


def build(*, lr: float = 0.1, batch: int = 32, columns: list[int] = (0, 6)) -> Callable[[Context], "GradientDescent"]:
    """Each step is w <- w - lr g, where g is the mean gradient of a batch.

    lr: learning rate as a share of the limit 2 / curvature, above 0.
    batch: rows of a batch, drawn anew at each step, at least 0; 0 takes all rows at once.
    columns: numbers, from 0, of the two columns of the table that the neuron sees.
    """
    return lambda context: GradientDescent(*two_columns(context.rows, list(columns)), lr, batch)


def two_columns(rows: Rows, columns: list[int]) -> tuple[Tensor, Tensor]:
    """Returns x (N, 2) float64 and y (N,), 1 and -1 for the two classes less their mean, so that no bias is needed.

    Raises DltuiError (2) where the data have not two classes, or not these columns.
    """
    x, targets = rows.labelled(classes=2).train.table()
    if len(set(columns)) != 2 or not all(0 <= column < x.shape[1] for column in columns):
        what = f"algorithm.columns must be two different numbers from 0 to {x.shape[1] - 1}, not {columns}."
        raise DltuiError(what, "Example: algorithm.columns=[0,1]", ExitStatus.USAGE)
    y = 2.0 * targets.double() - 1
    return x[:, columns].double(), y - y.mean()


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
    """Returns the form of the loss of rows x (N, D), y (N,)."""
    curvatures, directions = torch.linalg.eigh(x.T @ x / len(x))
    return Bowl(torch.linalg.lstsq(x, y[:, None]).solution[:, 0], curvatures, directions)


def variances(gradients: Tensor, sizes: list[int], draws: int) -> Tensor:
    """gradients (N, D) of single rows -> for each size B of a batch the mean squared distance (sizes,) of the means of
    B drawn rows from the mean of all."""
    rows = torch.randint(len(gradients), (draws, max(sizes)))
    means = gradients[rows].cumsum(1)[:, [size - 1 for size in sizes]] / torch.tensor(sizes)[:, None]
    return (means - gradients.mean(0)).square().sum(-1).mean(0)  # means (draws, sizes, D)


class GradientDescent(nn.Module):
    """The neuron on rows x (N, 2), y (N,): its weights `w` (2,), its way so far `trail`."""

    done = False

    def __init__(self, x: Tensor, y: Tensor, lr: float, batch: int):
        super().__init__()
        self.x, self.y, self.lr, self.batch = x, y, lr, batch
        self.bowl = bowl(x, y)
        self.lr_limit = 2 / self.bowl.curvatures[-1].item()
        start = self.bowl.minimum + self.bowl.directions @ x.new_tensor(START)
        self.floor = loss(self.bowl.minimum, x, y)
        self.depth = loss(start, x, y) - self.floor
        ranges = ((at - REACH, at + REACH) for at in self.bowl.minimum.tolist())
        self.surface = Surface(lambda w: loss(w, x, y), *ranges, [tuple(self.bowl.minimum.tolist())])
        self.trail = Trajectory(start)
        self.register_buffer("w", start)
        self.register_buffer("steps", torch.tensor(0))

    def step(self) -> dict[str, float]:
        """One step on a new batch, as long as it does not lead out of all bounds."""
        rows = torch.randint(len(self.x), (self.batch,)) if self.batch else slice(None)
        began = time.perf_counter()
        x, y = self.x[rows], self.y[rows]
        new = self.w - self.lr * self.lr_limit * gradient(self.w, x, y)
        seconds = (time.perf_counter() - began) * len(self.x) / len(x)
        lost = self.lr >= 1 and self.excess(self.w) >= MOST  # at such a rate it does not come back
        if self.excess(new) < FARTHEST and not lost:
            self.w = new
        self.steps += 1
        self.trail.add(int(self.steps), self.w)
        return {"excess_loss": min(self.excess(self.w).item(), MOST), "epoch_ms": 1000 * seconds}

    def excess(self, w: Tensor) -> Tensor:
        """w (..., 2) -> (...): the loss above the minimum, as a share of the start's."""
        return (loss(w, self.x, self.y) - self.floor) / self.depth

    def evaluate(self) -> dict[str, float]:
        """The limit of the learning rate, and how the noise falls with the batch."""
        slope, _ = np.polyfit(np.log(SIZES), self.variances().log().numpy(), 1)
        return {"lr_limit": self.lr_limit, "noise_slope": slope}

    def variances(self) -> Tensor:
        """(sizes,): variance of the gradients of batches of each size, at the weights of now."""
        return variances((self.x @ self.w - self.y)[:, None] * self.x, SIZES, DRAWS)

    def pictures(self) -> Iterator[Picture]:
        """The way on the map of the loss, the loss over steps and over rows, and what rate and batch do to a step."""
        yield Picture("map", contour(self.surface, {"weights": self.trail.values}))
        steps, excess = self.trail.steps.numpy(), self.excess(self.trail.values)
        excess = excess.where(excess < MOST, torch.nan).clamp(min=1e-6).numpy()
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
