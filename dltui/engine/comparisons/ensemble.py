"""All variants as one ensemble: their probabilities averaged (Hansen and Salamon 1990; bagging: Breiman 1996)."""

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.ensemble import accuracies, ensemble_pictures, measured
from dltui.engine.tasks.classify import Classify
from dltui.recipes.metric import Metric

TASKS = ("classify",)
METRICS = {
    "ensemble_accuracy": Metric("accuracy of the average of all members", better="higher", range=(0, 1), rows="test"),
    "mean_accuracy": Metric("accuracy of a member, mean of all", better="higher", range=(0, 1), rows="test"),
    "best_accuracy": Metric("accuracy of the best member on the test rows", better="higher", range=(0, 1), rows="test"),
    "ensemble_loss": Metric("loss of the average of all members on the test rows", better="lower", rows="test"),
    "mean_loss": Metric(
        "loss of a member on the test rows, mean of all", better="lower", axis="ensemble_loss", rows="test"
    ),
    "disagreement": Metric(
        "share of the test rows on which not all members predict the same class", range=(0, 1), rows="test"
    ),
}


def build() -> Callable[[Mapping[str, Classify]], "Ensemble"]:
    """Variants with the same data and classes, such as those that differ in train.replica; a logit a class."""
    return Ensemble


class Ensemble:
    """See contracts.probe.Comparison."""

    def __init__(self, tasks: Mapping[str, Classify]):
        self.members = list(tasks.values())
        self.rows = self.members[0].rows

    def logits(self) -> Tensor:
        """(members, N, classes): of each member for the test rows."""
        return torch.stack([task.logits(self.rows.test.inputs) for task in self.members])

    def evaluate(self) -> dict[str, dict[str, float]]:
        logits, targets = self.logits(), self.rows.test.targets
        classes = logits.argmax(-1)  # (members, N)
        values = measured(logits, targets)
        values["best_accuracy"] = accuracies(logits, targets).max().item()
        values["disagreement"] = (classes != classes[0]).any(0).float().mean().item()
        return {"": values}

    def pictures(self) -> Iterator[Picture]:
        nets = [task.net for task in self.members]
        yield from ensemble_pictures(nets, self.logits(), self.rows, "members")
