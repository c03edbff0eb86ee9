"""Two domains in the embedding of a net: whether one can still be told from the other."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from dltui.engine.contracts.task import Picture
from dltui.engine.losses.mmd import mmd
from dltui.engine.metrics.ridge_classifier import ridge_classifier
from dltui.engine.pictures.plane import on_their_plane
from dltui.engine.tasks.adapt import Adapt
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Scatter

TASKS = ("adapt",)
METRICS = {
    "domain_accuracy": Metric(
        "accuracy of a linear classifier that tells the domains apart by their embeddings; 0.5 is chance",
        better="lower",
        range=(0, 1),
        rows="test",
    ),
    "mmd": Metric(
        "squared maximum mean discrepancy of the embeddings of both domains; 0 for one distribution",
        better="lower",
        rows="test",
    ),
}
ROWS = 500  # rows of each domain that are looked at
POINTS = 150  # of each that are shown
RIDGE = 0.01


def build() -> Callable[[Adapt], "DomainProbe"]:
    """Validation rows of the source domain beside test rows of the target."""
    return DomainProbe


class DomainProbe:
    """See contracts.probe.Probe."""

    def __init__(self, task: Adapt):
        self.task = task

    def embeddings(self) -> tuple[Tensor, Tensor]:
        """(N, d) of the source and of the target domain."""
        rows = self.task.rows
        return tuple(self.task.embed(split.inputs[:ROWS]) for split in (rows.validation, rows.test))

    def evaluate(self) -> dict[str, float]:
        source, target = self.embeddings()
        return {"domain_accuracy": domain_accuracy(source, target), "mmd": mmd(source, target).item()}

    def pictures(self) -> Iterator[Picture]:
        """The two directions in which the embeddings of both domains together differ most."""
        source, target = self.embeddings()
        count = min(POINTS, len(source), len(target))
        source, target = source[:count], target[:count]
        both = torch.stack([source, target], 1).flatten(0, 1)  # taking turns: neither is drawn over the other
        x, y = on_their_plane(both).cpu().numpy().T
        label = [0, 1] * len(source)
        titles = {"x_title": "direction 1", "y_title": "direction 2"}
        yield Picture("embeddings", Scatter(x=x, y=y, label=label, classes=["source", "target"], **titles))


def domain_accuracy(source: Tensor, target: Tensor) -> float:
    """Fits a linear classifier to every second row of both domains (N, d), and judges it on the others."""
    x = torch.cat([source, target])
    y = torch.cat([torch.zeros(len(source)), torch.ones(len(target))]).long().to(x.device)
    fit, judge = (slice(start, None, 2) for start in (0, 1))
    return (ridge_classifier(x[fit], y[fit], RIDGE)(x[judge]) == y[judge]).float().mean().item()
