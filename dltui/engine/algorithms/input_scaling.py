"""Inputs raw, centred or standardised: the surface of a neuron's loss, and how long the way down on it takes.

LeCun, Bottou, Orr, Mueller 1998, "Efficient BackProp", section 4.3.
"""

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.logistic import Logistic
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.contracts.trajectory import Trajectory
from dltui.engine.pictures.contour import Surface, contour
from dltui.engine.pictures.lines import lines
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

LIVE = ("lr",)
METRICS = {
    "excess_loss": Metric("training loss above the minimum, as a share of the start's", better="lower", progress=True),
    "steps": Metric(
        "steps of descent until a twentieth of the start's excess loss was left, or so far", better="lower"
    ),
    "condition": Metric("condition number: greatest curvature as a multiple of the least, for p = 1/2", better="lower"),
}
SHARE = 0.05  # of the start's excess loss: arrived
GROWTH, MOST = 1.1, 2000  # a step of the run is one of descent at first, then a tenth of all so far, at most MOST
FAR = (2.0, 1.5)  # from the minimum to the start, weight and bias of the standardised neuron, at least
LEAST = 1e-6  # excess loss that is drawn
MARGIN = 0.35  # of a map around start and minimum


def build(
    *, scaling: Literal["raw", "centred", "standardised"] = "standardised", column: int = 1, lr: float = 1.0
) -> Callable[[Context], "InputScaling"]:
    """A neuron p = sigmoid(w x + b) goes down by all rows at once, from the same p with every scaling.

    scaling: raw takes x as it is; centred takes its mean away; standardised divides by its deviation too.
    column: number of the column that the neuron sees, from 0, at least 0.
    lr: learning rate as a share of the largest that is surely safe on the surface, above 0.
    """
    return lambda context: InputScaling(context.rows, scaling, column, lr)


class InputScaling(nn.Module):
    """The neuron's `theta` (2,), weight and bias; its trail holds with each the excess loss and the steps made."""

    def __init__(self, rows: Rows, scaling: str, column: int, lr: float):
        super().__init__()
        table, t = rows.labelled(classes=2).train.table()
        if column >= table.shape[1]:
            what = f"algorithm.column must be at most {table.shape[1] - 1}, not {column}."
            raise DltuiError(what, "The first column is 0.", ExitStatus.USAGE)
        self.lr, self.scaling, self.name = lr, scaling, rows.column_names()[column]
        x = table[:, column].double()
        mean, deviation = x.mean(), x.std(correction=0)
        shift = torch.zeros(()) if scaling == "raw" else mean
        scale = deviation if scaling == "standardised" else torch.ones(())
        self.neuron = with_bias((x - shift) / scale, t)
        least = with_bias((x - mean) / deviation, t).minimum()
        begin = least + torch.tensor(FAR, dtype=torch.float64) * (1 + torch.rand(2) / 2)  # the run's seed decides it

        def scaled(theta: Tensor) -> Tensor:
            """(2,) of the standardised neuron -> that which says the same with this scaling."""
            w, b = theta / deviation * torch.stack([torch.ones(()), deviation])
            return torch.stack([w * scale, b + w * (shift - mean)])

        self.minimum, start = scaled(least), scaled(begin)
        self.floor = self.neuron.loss(self.minimum)
        self.depth = self.neuron.loss(start) - self.floor
        self.surface = self._surface(start)
        self.register_buffer("theta", start)
        self.register_buffer("descents", torch.tensor(0))
        self.register_buffer("arrival", torch.tensor(-1))
        self.register_buffer("steps", torch.tensor(0))
        self.trail = Trajectory(self._now())

    def step(self) -> None:
        """Some steps of descent, the more of them the more there have been."""
        lr, before = self.lr / self.neuron.steepest, int(self.descents)
        for made in range(1, 1 + min(MOST, max(1, int(before * (GROWTH - 1))))):
            self.theta = self.theta - lr * self.neuron.gradient(self.theta)
            if self.arrival < 0 and self.excess(self.theta) <= SHARE:
                self.arrival.fill_(before + made)
        self.descents += made
        self.steps += 1
        self.trail.add(int(self.steps), self._now())

    @property
    def done(self) -> bool:
        """Whether nothing is left that could be seen."""
        return bool(self.excess(self.theta) <= LEAST)

    def excess(self, theta: Tensor) -> Tensor:
        """theta (2,) -> (): the loss above the minimum, as a share of the start's."""
        return (self.neuron.loss(theta) - self.floor) / self.depth

    def _now(self) -> Tensor:
        return torch.cat([self.theta, self.excess(self.theta)[None], self.descents[None]])

    def evaluate(self) -> dict[str, float]:
        """What is left, how many steps it took, and how much steeper the surface is one way than the other."""
        x = self.neuron.x
        curvatures = torch.linalg.eigvalsh(x.T @ x)
        return {
            "excess_loss": self.excess(self.theta).item(),
            "steps": (self.descents if self.arrival < 0 else self.arrival).item(),
            "condition": (curvatures[-1] / curvatures[0]).item(),
        }

    def pictures(self) -> Iterator[Picture]:
        """The surface with the way so far; then how much is left over the steps."""
        w, b, excess, descents = self.trail.values.T
        arrival = f"{self.arrival.item():,}" if self.arrival >= 0 else "not there"
        yield Picture(self.scaling, contour(self.surface, {f"steps: {arrival}, {self.name}": torch.stack([w, b], 1)}))
        x = descents.clamp(min=1)  # the start stands with the first step: the axis is a log
        axes = {"x_title": "steps of descent", "y_title": "loss that is left", "log_x": True, "log_y": True}
        yield Picture("loss", lines({"loss": (x, excess.clamp(min=LEAST))}, **axes))

    def _surface(self, start: Tensor) -> Surface:
        """Loss over weight (across) and bias (up)."""
        ends = torch.stack([start, self.minimum])
        low, high = ends.amin(0), ends.amax(0)
        low, high = low - MARGIN * (high - low), high + MARGIN * (high - low)
        x, y = zip(low.tolist(), high.tolist(), strict=True)
        return Surface(self.neuron.loss, x, y, [tuple(self.minimum.tolist())])


def with_bias(x: Tensor, t: Tensor) -> Logistic:
    """The neuron on a column x (N,) and a column of ones, labels t (N,)."""
    return Logistic(torch.stack([x, torch.ones_like(x)], 1), t)
