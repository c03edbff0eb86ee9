"""Rosenblatt's perceptron (1958, doi:10.1037/h0042519) and the bound on its mistakes (Novikoff 1962)."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import nnls
from torch import Tensor, nn

from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.engine.pictures.plane import decision_field
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Lines

METRICS = {
    "errors": Metric(
        "training rows on the wrong side of the line", better="lower", whole=True, unit="rows", rows="train"
    ),
    "mistakes": Metric("times that the line was moved", whole=True),
    "bound": Metric("(R / margin)^2: mistakes that there can be at most, in whatever order the rows come"),
    "rows_seen": Metric("rows looked at, the same ones again in every epoch", counter=True),
    "accuracy": Metric("share of the test rows on the right side", better="higher", range=(0, 1), rows="test"),
}
KEPT = 2000  # mistakes whose lengths of w are drawn
SOFT = 4.0  # how fast the field's colour turns beside the line


def build() -> Callable[[Context], "Perceptron"]:
    """Each step goes on through the rows to the next mistake, and moves the line."""
    return lambda context: Perceptron(context.rows.plane().labelled(2))


def with_bias(inputs: Tensor) -> Tensor:
    """inputs (N, D) -> x (N, D + 1) float64, the last column 1: a line's bias is one more weight."""
    return torch.cat([inputs.double(), torch.ones(len(inputs), 1, dtype=torch.float64)], 1)


def next_mistake(w: Tensor, x: Tensor, y: Tensor, start: int) -> int | None:
    """Returns the first row from `start` on, the end joined to the beginning, with y (w x) <= 0; None without one.

    w (D,), x (N, D), y (N,) in {-1, 1}.
    """
    wrong = (y * (x @ w) <= 0).nonzero()[:, 0]
    if not len(wrong):
        return None
    ahead = wrong[wrong >= start]
    return int(ahead[0] if len(ahead) else wrong[0])


def updated(w: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Returns w + y x: the weights after a mistake on the row x (D,) of class y in {-1, 1}."""
    return w + y * x


class Bound(NamedTuple):
    """R, the longest row; gamma, the widest margin that any line through the origin leaves; (R / gamma)^2."""

    R: float
    gamma: float

    @property
    def mistakes(self) -> float:
        """How many mistakes there can be, in whatever order the rows come; infinite where no line parts the rows."""
        return (self.R / self.gamma) ** 2 if self.gamma > 0 else float("inf")


def novikoff(x: Tensor, y: Tensor) -> Bound:
    """Returns the bound for rows x (N, D) of classes y (N,) in {-1, 1}.

    The widest margin is the least distance problem min |w| with y (w x) >= 1 (Lawson and Hanson 1974, chapter 23).
    """
    z = (y[:, None] * x).double().numpy()  # (N, D); w parts the rows if z w > 0
    E = np.vstack([z.T, np.ones(len(z))])
    f = np.array([*np.zeros(z.shape[1]), 1.0])
    residual = E @ nnls(E, f)[0] - f
    w = -residual[:-1] / residual[-1] if residual[-1] else np.zeros(z.shape[1])
    length = np.linalg.norm(w)
    gamma = float((z @ w).min() / length) if length else 0.0
    return Bound(float(np.linalg.norm(z, axis=1).max()), max(gamma, 0.0))


class Perceptron(nn.Module):
    """Two classes of points (N, 2), in an order that the run's seed decides."""

    def __init__(self, rows: Rows):
        super().__init__()
        points, targets = rows.train.table()
        order = torch.randperm(len(points))
        self.points, self.targets, self.classes = points[order], targets[order], rows.classes
        self.x, self.y = with_bias(self.points), 2.0 * self.targets.double() - 1
        test_points, test_targets = rows.test.table()
        self.test_x, self.test_y = with_bias(test_points), 2.0 * test_targets.double() - 1
        self.limit = novikoff(self.x, self.y)
        self.register_buffer("w", torch.zeros(self.x.shape[1], dtype=torch.float64))  # (3,)
        self.register_buffer("squares", torch.zeros(0, dtype=torch.float64))  # |w|^2 after each of the first mistakes
        for name, value in {"row": -1, "mistakes": 0, "seen": 0, "settled": False}.items():
            self.register_buffer(name, torch.tensor(value))

    @property
    def done(self) -> bool:
        """Whether a whole round went by without a mistake."""
        return bool(self.settled)

    def step(self) -> None:
        """Goes on to the next mistake."""
        start = (int(self.row) + 1) % len(self.x)
        row = next_mistake(self.w, self.x, self.y, start)
        if row is None:
            self.settled, self.seen = torch.tensor(True), self.seen + len(self.x)
            return
        self.w = updated(self.w, self.x[row], self.y[row])
        self.seen, self.row = self.seen + (row - start) % len(self.x) + 1, torch.tensor(row)
        self.mistakes = self.mistakes + 1
        if len(self.squares) < KEPT:
            self.squares = torch.cat([self.squares, self.w.square().sum()[None]])

    def evaluate(self) -> dict[str, float]:
        """Of the line as it is now."""
        return {
            "errors": float((self.y * (self.x @ self.w) <= 0).sum()),
            "mistakes": float(self.mistakes),
            "bound": self.limit.mistakes,
            "rows_seen": float(self.seen),
            "accuracy": (self.test_y * (self.test_x @ self.w) > 0).float().mean().item(),
        }

    def pictures(self) -> Iterator[Picture]:
        """The line and the row that moved it, then why it cannot be moved for ever."""
        points, labels, classes = self.points, self.targets, self.classes
        if self.mistakes and not self.settled:
            points = torch.cat([points, points[self.row][None]])  # once more, on top
            labels, classes = torch.cat([labels, torch.tensor([2])]), (*classes, "the mistake")
        yield Picture("line", decision_field(self._side, points, labels, classes))
        yield Picture("why it ends", self._proof())

    def _side(self, rows: Tensor) -> Tensor:
        """A share that is 1/2 on the line and turns with the distance from it; 1/2 everywhere without a line."""
        return torch.sigmoid(SOFT * (with_bias(rows) @ self.w) / self.w[:-1].norm().clamp(min=1e-12))

    def _proof(self) -> Lines:
        """|w|^2 after k mistakes grows at most by R^2 a mistake, and must reach (k gamma)^2."""
        R, gamma = self.limit
        known = len(self.squares)
        end = max(2.0, known, self.limit.mistakes if gamma > 0 else 0.0)
        k = np.array([1.0, end])
        curves = {"|w|^2": (np.arange(1.0, known + 1), self.squares), "at most k R^2": (k, k * R**2)}
        if gamma > 0:
            curves[f"at least (k margin)^2, meets it at {end:.0f}"] = k, (k * gamma) ** 2
        return lines(curves, x_title="mistakes k", y_title="squared length of w", log_x=True, log_y=True)
