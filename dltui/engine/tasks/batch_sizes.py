"""Four batch sizes go down the same slope: how straight each goes, and what a step of each costs."""

import time
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from dltui.engine.algorithms.gradient_noise import batch_means, slope, variance
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Picture
from dltui.engine.contracts.trajectory import Trajectory
from dltui.engine.layers.linear_neuron import bowl, gradient, loss
from dltui.engine.pictures.descent_map import descent_map
from dltui.engine.reading.two_weights import two_columns
from dltui.recipes.metric import Metric

MODELS = ()
LIVE = ("rate",)
METRICS = {
    "loss_single": Metric(
        "loss of all rows above the least there is, as a share of the start's; by single rows",
        better="lower",
        progress=True,
    ),
    "loss_small": Metric("the same by small batches", better="lower", progress=True),
    "loss_large": Metric("the same by large batches", better="lower", progress=True),
    "loss_all": Metric("the same by all rows at once", better="lower", progress=True),
    "ms_single": Metric("milliseconds that an epoch of such steps takes on this machine"),
    "ms_small": Metric("the same"),
    "ms_large": Metric("the same"),
    "ms_all": Metric("the same"),
    "slope": Metric("of the gradient's variance over the batch size, both logarithmic: -1 where it falls as 1/B"),
}
ROLES = ("single", "small", "large", "all")
START = (2.0, 1.0)  # from the least place, along the flat direction and the steep one
REACH = 2.2  # of the map
SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256]  # whose variance is measured
DRAWS = 1000  # batches of each size for that
LEAST = 1e-6  # of the start's loss: less is not drawn
LOST = 1e6  # a share of the start's loss: who is there is left where it is


def build(*, rate: float = 0.06, small: int = 16, large: int = 256, columns: list[int] = (0, 6)) -> Callable:
    """Returns (data, nets, device) -> BatchSizes.

    rate: learning rate of all, as a share of the limit 2 / curvature, above 0.
    small: rows of a small batch, at least 1.
    large: rows of a large one, at least 1.
    columns: numbers, from 0, of the two columns of the table that the neuron sees.
    """
    return partial(BatchSizes, rate=rate, small=small, large=large, columns=list(columns))


class BatchSizes:
    """A neuron of two weights tells two classes apart by least squares, four times from the same start."""

    def __init__(
        self,
        data: Dataset,
        nets: dict[str, nn.Module],
        device: torch.device,
        rate: float,
        small: int,
        large: int,
        columns: list[int],
    ):
        self.x, self.y = two_columns(data, columns)
        self.rate, self.sizes = rate, (1, small, large, len(self.x))
        self.bowl = bowl(self.x, self.y)
        self.floor = loss(self.bowl.least, self.x, self.y)
        start = self.bowl.least + self.bowl.directions @ self.x.new_tensor(START)
        self.depth = loss(start, self.x, self.y) - self.floor
        self.trajectory = nets["trail"] = Trajectory(start.repeat(len(ROLES), 1))
        self.state = nets["state"] = State(start.repeat(len(ROLES), 1))

    def advance(self, step: int) -> dict[str, float]:
        """A step of each: single, small and large batches are the first of the same rows, drawn anew."""
        rows = torch.randint(len(self.x), (max(self.sizes[:-1]),))  # the run's random numbers
        batches = [rows[:size] for size in self.sizes[:-1]]
        values = {}
        for k, role in enumerate(ROLES):
            began = time.perf_counter()
            x, y = (self.x[batches[k]], self.y[batches[k]]) if role != "all" else (self.x, self.y)
            new = self.state.w[k] - self.rate * self.bowl.limit * gradient(self.state.w[k], x, y)
            took = time.perf_counter() - began
            values[f"ms_{role}"] = 1000 * took * len(self.x) / self.sizes[k]
            if self.left(new) < LOST:
                self.state.w[k] = new
            values[f"loss_{role}"] = self.left(self.state.w[k]).item()
        self.trajectory.add(step, self.state.w)
        return values

    def left(self, w: Tensor) -> Tensor:
        """w (..., 2) -> (...): the loss that is left above the least, as a share of the start's."""
        return (loss(w, self.x, self.y) - self.floor) / self.depth

    def evaluate(self) -> dict[str, float]:
        return {"slope": slope(torch.tensor(SIZES), self.variances())}

    def variances(self) -> Tensor:
        """(sizes,): of gradients of batches of each size, where the neuron stands that sees all rows."""
        w = self.state.w[ROLES.index("all")]
        of_rows = (self.x @ w - self.y)[:, None] * self.x  # (N, 2)
        rows = torch.randint(len(self.x), (DRAWS, SIZES[-1]))
        return torch.stack([variance(of_rows, means) for means in batch_means(of_rows, rows, SIZES)])

    # -- the pictures ----------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """The ways; the noise of the gradient by batch size; and the loss by rows that were looked at."""
        names = [f"{size} row" if size == 1 else f"{size} rows" for size in self.sizes]
        names[-1] = f"all {names[-1]}"
        yield Picture("map", descent_map(self.bowl, self.x, self.y, self.trajectory.values, names, REACH))
        measured, sizes = self.variances().numpy(), np.array(SIZES)
        curves = [
            {"name": "measured", "x": sizes, "y": measured},
            {"name": "that of one row / B", "x": sizes, "y": measured[0] / sizes},
        ]
        titles = {"x_title": "rows in a batch", "y_title": "variance of the gradient", "log_x": True, "log_y": True}
        yield Picture("noise", {"type": "lines", "curves": curves, **titles})
        steps, left = self.trajectory.steps[1:].numpy(), self.left(self.trajectory.values[1:]).numpy()  # (T,), (T, 4)
        curves = [
            {"name": name, "x": steps * size, "y": np.where(left[:, k] > LEAST, left[:, k], np.nan)}
            for k, (name, size) in enumerate(zip(names, self.sizes, strict=True))
        ]
        titles = {"x_title": "rows looked at", "y_title": "loss above the least", "log_x": True, "log_y": True}
        yield Picture("cost", {"type": "lines", "curves": curves, **titles})


class State(nn.Module):
    """Where each of the four stands: w (4, 2)."""

    def __init__(self, start: Tensor):
        super().__init__()
        self.register_buffer("w", start.clone())
