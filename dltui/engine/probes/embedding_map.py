"""The embedding of test rows: whether their classes lie apart in it, though the net was trained without labels."""

from collections.abc import Callable, Iterator

import torch

from dltui.engine.contracts.task import Picture, Task
from dltui.engine.metrics.nearest_neighbours import knn_accuracy
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Scatter

TASKS = ("autoencode",)
METRICS = {
    "knn_accuracy": Metric(
        "accuracy on the test rows of a vote of the 10 nearest training embeddings",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
}
NEIGHBOURS = 10
CODES = 4000  # training embeddings that vote
POINTS = 600  # test rows on the map


def build() -> Callable[[Task], "EmbeddingMap"]:
    """For a task that embeds rows, and data with classes."""
    return EmbeddingMap


class EmbeddingMap:
    """See contracts.probe.Probe."""

    def __init__(self, task: Task):
        self.task, self.rows = task, task.rows.labelled()

    def evaluate(self) -> dict[str, float]:
        train, test = self.rows.train, self.rows.test
        known, asked = (self.task.embed(inputs).cpu() for inputs in (train.inputs[:CODES], test.inputs))
        return {"knn_accuracy": knn_accuracy(known, train.targets[:CODES].cpu(), asked, test.targets.cpu(), NEIGHBOURS)}

    def pictures(self) -> Iterator[Picture]:
        """The first two numbers of an embedding; of more than two the directions in which they differ most."""
        test = self.rows.test
        y = self.task.embed(test.inputs[:POINTS])
        if y.shape[1] > 2:
            y = y @ torch.pca_lowrank(y, 2)[2]
        x, y = y.cpu().numpy().T
        label, classes = test.targets[:POINTS].cpu().numpy(), list(self.rows.classes)
        yield Picture("codes", Scatter(x=x, y=y, label=label, classes=classes, x_title="code 1", y_title="code 2"))
