"""Four learning rates go down the same slope: too small, right, too large, and one that leads away."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Picture
from dltui.engine.contracts.trajectory import Trajectory
from dltui.engine.layers.linear_neuron import bowl, gradient, loss
from dltui.engine.pictures.descent_map import descent_map
from dltui.engine.reading.two_weights import two_columns
from dltui.recipes.metric import Metric

MODELS = ()
RATES = ("small", "right", "large", "diverging")
LIVE = (*RATES, "batch")
METRICS = {
    "loss_small": Metric(
        "loss of all rows above the least there is, as a share of the start's; so for all",
        better="lower",
        progress=True,
    ),
    "loss_right": Metric("the same", better="lower", progress=True),
    "loss_large": Metric("the same", better="lower", progress=True),
    "loss_diverging": Metric("the same; 1000 is the most that is told", better="lower", progress=True),
    "limit": Metric("learning rate from which a step along the steepest direction leads away: 2 / its curvature"),
}
START = (2.0, 1.0)  # from the least place, along the flat direction and the steep one
REACH = 2.6  # of the map
LOST = 1000.0  # a share of the start's loss: who is there is left where it is
SHARES = np.linspace(0.0, 1.5, 121)  # of the limit, at which a single step is drawn
NAMES = {"small": "too small", "right": "right", "large": "too large", "diverging": "diverging"}


def build(
    *,
    small: float = 0.002,
    right: float = 0.1,
    large: float = 0.8,
    diverging: float = 1.3,
    batch: int = 32,
    columns: list[int] = (0, 6),
) -> Callable:
    """Returns (data, nets, device) -> LearningRates.

    small: the first rate, as a share of the limit 2 / curvature, above 0.
    right: the second, above 0.
    large: the third, above 0.
    diverging: the fourth, above 0.
    batch: rows that a gradient is the mean of, at least 1; all four see the same.
    columns: numbers, from 0, of the two columns of the table that the neuron sees.
    """
    return partial(LearningRates, shares=(small, right, large, diverging), batch=batch, columns=list(columns))


class LearningRates:
    """A neuron of two weights tells two classes apart by least squares, four times from the same start."""

    def __init__(
        self,
        data: Dataset,
        nets: dict[str, nn.Module],
        device: torch.device,
        shares: tuple[float, ...],
        batch: int,
        columns: list[int],
    ):
        self.x, self.y = two_columns(data, columns)
        self.small, self.right, self.large, self.diverging = shares
        self.batch = batch
        self.bowl = bowl(self.x, self.y)
        start = self.bowl.least + self.bowl.directions @ self.x.new_tensor(START)
        self.trajectory = nets["trail"] = Trajectory(start.repeat(len(RATES), 1))
        self.state = nets["state"] = State(start.repeat(len(RATES), 1))
        self.depth = (loss(start, self.x, self.y) - self.floor).item()

    @property
    def floor(self) -> Tensor:
        return loss(self.bowl.least, self.x, self.y)

    @property
    def shares(self) -> list[float]:
        """The four rates now, as shares of the limit."""
        return [getattr(self, name) for name in RATES]

    def advance(self, step: int) -> dict[str, float]:
        rows = torch.randint(len(self.x), (self.batch,))  # the run's random numbers
        rates = self.x.new_tensor(self.shares) * self.bowl.limit
        stays = (self.left(self.state.w) >= LOST) & (rates >= self.bowl.limit)
        new = self.state.w - rates[:, None] * gradient(self.state.w, self.x[rows], self.y[rows])
        self.state.w.copy_(torch.where(stays[:, None], self.state.w, new))
        self.trajectory.add(step, self.state.w)
        left = self.left(self.state.w).clamp(max=LOST)
        return {f"loss_{name}": value for name, value in zip(RATES, left.tolist(), strict=True)}

    def left(self, w: Tensor) -> Tensor:
        """w (..., 2) -> (...): the loss that is left above the least, as a share of the start's."""
        return (loss(w, self.x, self.y) - self.floor) / self.depth

    def evaluate(self) -> dict[str, float]:
        return {"limit": self.bowl.limit}

    # -- the pictures ----------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """Where each has gone; how its loss went; and what a single step of each rate does."""
        names = [f"{NAMES[name]} {share * self.bowl.limit:.2g}" for name, share in zip(RATES, self.shares, strict=True)]
        yield Picture("map", descent_map(self.bowl, self.x, self.y, self.trajectory.values, names, REACH))
        left = self.left(self.trajectory.values)  # (T, 4)
        left = torch.where(left < LOST, left, torch.nan).clamp(min=1e-6)
        steps = self.trajectory.steps.numpy()
        curves = [{"name": name, "x": steps, "y": left[:, k].numpy()} for k, name in enumerate(names)]
        titles = {"x_title": "step", "y_title": "loss above the least"}
        yield Picture("losses", {"type": "lines", "curves": curves, **titles, "log_y": True})
        yield Picture("one step", self._one_step())

    def _one_step(self) -> dict:
        """What a step leaves of the distance along the flat and the steep direction, by its rate; ours as stems."""
        limit = self.bowl.limit
        flat, steep = (np.abs(1 - SHARES * limit * curvature) for curvature in self.bowl.curvatures.tolist())
        stems = [
            {"name": NAMES[name], "x": np.array([share, share]) * limit, "y": np.array([0.0, abs(1 - 2 * share)])}
            for name, share in zip(RATES, self.shares, strict=True)
        ]
        across = {"steep direction": steep, "flat direction": flat, "as far as before": np.ones_like(flat)}
        curves = [{"name": name, "x": SHARES * limit, "y": y} for name, y in across.items()]
        return {"type": "lines", "curves": [*stems, *curves], "x_title": "rate", "y_title": "left of the distance"}


class State(nn.Module):
    """Where each of the four stands: w (4, 2)."""

    def __init__(self, start: Tensor):
        super().__init__()
        self.register_buffer("w", start.clone())
