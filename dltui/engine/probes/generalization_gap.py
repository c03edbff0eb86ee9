"""The generalization gap: how much higher the loss is on test rows than on rows that were trained on."""

from collections.abc import Callable

from dltui.engine.tasks.classify import Classify
from dltui.recipes.metric import Metric

TASKS = ("classify",)
METRICS = {
    "train_loss": Metric("mean loss on the training rows, a thousand at most, in evaluation mode", better="lower"),
    "gap": Metric("test_loss less train_loss", better="lower"),
}
ROWS = 1000  # training rows looked at


def build() -> Callable[[Classify], "GeneralizationGap"]:
    """Compares the mean losses of training and test rows."""
    return GeneralizationGap


class GeneralizationGap:
    """See contracts.probe.Probe."""

    def __init__(self, task: Classify):
        self.task, self.rows = task, task.rows

    def evaluate(self) -> dict[str, float]:
        train, test = self.rows.train, self.rows.test
        train_loss = self.task.mean_loss(train.inputs[:ROWS], train.targets[:ROWS])
        return {"train_loss": train_loss, "gap": self.task.mean_loss(test.inputs, test.targets) - train_loss}
