"""The perceptron's rule: the line moves at each mistake, and there can be only so many of them."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from dltui.engine.algorithms.perceptron import next_mistake, novikoff, updated, with_bias
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.plane import decision_field
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ()
METRICS = {
    "errors": Metric("training rows on the wrong side of the line"),
    "mistakes": Metric("times that the line was moved"),
    "bound": Metric("(R / margin)^2: mistakes that there can be at most, in whatever order the rows come"),
    "rows_seen": Metric("rows looked at, the same ones again in every round"),
    "accuracy": Metric("share of the test rows on the right side", better="higher", range=(0, 1)),
}
KEPT = 2000  # mistakes whose lengths of w are drawn
SOFT = 4.0  # how fast the field's colour turns beside the line


def build() -> Callable:
    """Returns (data, nets, device) -> Perceptron."""
    return partial(Perceptron)


class Perceptron:
    """Two classes of points (N, 2). A step goes on through the rows to the next mistake, and moves the line."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device):
        if len(data.classes) != 2 or data.train.inputs.shape[1:] != (2,):
            raise DltuiError(
                f"The perceptron parts two classes of points in the plane, not {len(data.classes)} classes of rows of "
                f"{tuple(data.train.inputs.shape[1:])}.",
                "Take: data.kind=blobs, or a table of two columns and a label.",
                ExitStatus.USAGE,
            )
        order = torch.randperm(len(data.train.inputs))  # the run's seed decides it
        self.points, self.targets, self.classes = data.train.inputs[order], data.train.targets[order], data.classes
        self.x, self.y = with_bias(self.points), 2.0 * self.targets.double() - 1
        self.test_x, self.test_y = with_bias(data.test.inputs), 2.0 * data.test.targets.double() - 1
        self.limit = novikoff(self.x, self.y)
        self.place = nets["place"] = Counters(row=-1, mistakes=0, seen=0, settled=0)
        self.state = nets["state"] = State(self.x.shape[1])

    def advance(self, step: int) -> dict[str, float]:
        start = (self.place["row"] + 1) % len(self.x)
        row = next_mistake(self.state.w, self.x, self.y, start)
        if row is None:
            self.place["settled"] += 1
            self.place["seen"] += len(self.x) * (self.place["settled"] == 1)  # a whole round without a mistake
            return {}
        self.state.w.copy_(updated(self.state.w, self.x[row], self.y[row]))
        self.place["seen"] += (row - start) % len(self.x) + 1
        self.place["row"] = row
        self.place["mistakes"] += 1
        if self.place["mistakes"] <= KEPT:
            self.state.squares[self.place["mistakes"] - 1] = self.state.w.square().sum()
        return {}

    def evaluate(self) -> dict[str, float]:
        return {
            "errors": float((self.y * (self.x @ self.state.w) <= 0).sum()),
            "mistakes": self.place["mistakes"],
            "bound": self.limit.mistakes,
            "rows_seen": self.place["seen"],
            "accuracy": (self.test_y * (self.test_x @ self.state.w) > 0).float().mean().item(),
        }

    def pictures(self) -> Iterator[Picture]:
        """The line and the row that moved it, then why it cannot be moved for ever; nothing once all stands still."""
        if self.place["settled"] > 1:
            return
        labels, classes = self.targets.clone(), self.classes
        points = self.points
        if self.place["mistakes"] and not self.place["settled"]:
            points = torch.cat([points, points[self.place["row"]][None]])  # once more, on top
            labels, classes = torch.cat([labels, torch.tensor([2])]), (*classes, "the mistake")
        yield Picture("line", decision_field(self._side, points, labels, classes))
        yield Picture("why it ends", self._proof())

    def _side(self, rows: Tensor) -> Tensor:
        """A share that is 1/2 on the line and turns with the distance from it; 1/2 everywhere without a line."""
        w = self.state.w
        return torch.sigmoid(SOFT * (with_bias(rows) @ w) / w[:-1].norm().clamp(min=1e-12))

    def _proof(self) -> dict:
        """|w|^2 after k mistakes grows at most by R^2 a mistake, and must reach (k gamma)^2."""
        R, gamma = self.limit
        known = min(self.place["mistakes"], KEPT)
        end = max(2.0, known, self.limit.mistakes if gamma > 0 else 0.0)
        curves = [
            {"name": "|w|^2", "x": np.arange(1.0, known + 1), "y": self.state.squares[:known].numpy()},
            {"name": "at most k R^2", "x": np.array([1.0, end]), "y": np.array([1.0, end]) * R**2},
        ]
        if gamma > 0:
            k = np.array([1.0, end])
            curves.append({"name": f"at least (k margin)^2, meets it at {end:.0f}", "x": k, "y": (k * gamma) ** 2})
        titles = {"x_title": "mistakes k", "y_title": "squared length of w"}
        return {"type": "lines", "curves": curves, "log_x": True, "log_y": True, **titles}


class State(nn.Module):
    """The weights w (D,), and |w|^2 after each of the first mistakes."""

    def __init__(self, size: int):
        super().__init__()
        self.register_buffer("w", torch.zeros(size, dtype=torch.float64))
        self.register_buffer("squares", torch.zeros(KEPT, dtype=torch.float64))
