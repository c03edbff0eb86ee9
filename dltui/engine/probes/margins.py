"""By how much the right class exceeds the best other one: what the hinge loss looks at."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn.functional import pdist

from dltui.engine.contracts.task import Picture
from dltui.engine.losses.hinge import MARGIN
from dltui.engine.regularizers.elastic_net import weights_of
from dltui.engine.tasks.classify import Classify
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Curve, Lines

TASKS = ("classify",)
METRICS = {
    "margin_violations": Metric(
        "share of the training rows whose margin is less than 1", better="lower", range=(0, 1), rows="train"
    ),
    "margin_width": Metric(
        "mean distance from a border to where a class leads by 1, in units of the input; without hidden layers",
        better="higher",
    ),
}
LEAST, MOST, BINS = -3.0, 6.0, 37  # what lies beyond is counted at the ends; the middle of a bin is MARGIN


def build() -> Callable[[Classify], "Margins"]:
    """The margins of training and test rows, and how wide they are."""
    return Margins


class Margins:
    """See contracts.probe.Probe."""

    def __init__(self, task: Classify):
        self.task = task

    def _margins(self, split) -> Tensor:
        return margin(self.task.logits(split.inputs), split.targets)

    def evaluate(self) -> dict[str, float]:
        values = {"margin_violations": (self._margins(self.task.rows.train) < MARGIN).float().mean().item()}
        weights = weights_of(self.task.net)
        return values | ({"margin_width": margin_width(weights[0])} if len(weights) == 1 else {})

    def pictures(self) -> Iterator[Picture]:
        rows = self.task.rows
        yield Picture("margins", margins_picture(self._margins(rows.train), self._margins(rows.test)))


def margin(f: Tensor, y: Tensor) -> Tensor:
    """f_yi - max over j != y_i of f_j (B,): below 0 the row is taken for another class, below MARGIN it costs."""
    others = f.scatter(1, y[:, None], float("-inf"))
    return f.gather(1, y[:, None])[:, 0] - others.amax(1)


def margin_width(weights: Tensor) -> float:
    """How far from the border of two classes their scores are MARGIN apart, in the units of the input; weights
    (classes, inputs), and the mean over all pairs. Smaller weights make the margin wider."""
    return (MARGIN / pdist(weights)).mean().item()


def margins_picture(train: Tensor, test: Tensor) -> Lines:
    """The share of the rows about each margin (N,), and where the loss ceases to cost."""
    middles = torch.linspace(LEAST, MOST, BINS)
    curves = [
        Curve(name=name, x=middles.numpy(), y=_shares(margins).numpy())
        for name, margins in {"training rows": train, "test rows": test}.items()
    ]
    top = max(float(curve.y.max()) for curve in curves)
    curves.append(Curve(name="asked for", x=[MARGIN, MARGIN], y=[0.0, top]))
    return Lines(curves=curves, x_title="margin of the right class", y_title="share of the rows")


def _shares(margins: Tensor) -> Tensor:
    half = (MOST - LEAST) / (BINS - 1) / 2
    counts = torch.histc(margins.float().clamp(LEAST, MOST), BINS, LEAST - half, MOST + half).cpu()
    return counts / len(margins)
