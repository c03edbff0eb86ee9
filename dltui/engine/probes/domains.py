"""Two domains in the embedding of a net: whether one can still be told from the other."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from dltui.engine.contracts.task import Picture
from dltui.engine.losses.mmd import mmd
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
        both = both - both.mean(0)
        x, y = (both @ torch.linalg.svd(both, full_matrices=False)[2][:2].T).cpu().numpy().T
        label = [0, 1] * len(source)
        titles = {"x_title": "direction 1", "y_title": "direction 2"}
        yield Picture("embeddings", Scatter(x=x, y=y, label=label, classes=["source", "target"], **titles))


def domain_accuracy(source: Tensor, target: Tensor) -> float:
    """Fits a ridge regression of -1 and 1 to every second row of both domains (N, d), and judges it on the others."""
    x = torch.cat([source, target]).double()
    y = torch.cat([x.new_full((len(source),), -1), x.new_full((len(target),), 1)])
    fit, judge = (slice(start, None, 2) for start in (0, 1))
    mean, deviation = x[fit].mean(0), x[fit].std(0).clamp(min=1e-6)
    x = torch.cat([(x - mean) / deviation, x.new_ones(len(x), 1)], 1)
    penalty = RIDGE * len(x[fit]) * torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    w = torch.linalg.solve(x[fit].T @ x[fit] + penalty, x[fit].T @ y[fit])
    return ((x[judge] @ w > 0) == (y[judge] > 0)).float().mean().item()
