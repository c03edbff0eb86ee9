"""How well each of several labels is predicted by each variant, and what the variants' weights are."""

from collections.abc import Callable, Iterator, Mapping

from torch import Tensor

from dltui.engine.contracts.task import Picture
from dltui.engine.metrics.operations import weights
from dltui.engine.tasks.classify import Classify
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars, Table

TASKS = ("classify",)
METRICS = {
    "mean_label_accuracy": Metric(
        "share of the test rows that a label is predicted rightly for, mean of the labels",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "least_label_accuracy": Metric(
        "share of the test rows that a label is predicted rightly for, the worst of the labels",
        better="higher",
        range=(0, 1),
        axis="mean_label_accuracy",
        rows="test",
    ),
    "weights": Metric("weights that are learned", better="lower", range=(0, None), whole=True),
}


def build() -> Callable[[Mapping[str, Classify]], "Labels"]:
    """For rows with any number of labels each, and a loss that has a logit for each of them."""
    return Labels


class Labels:
    """See contracts.probe.Comparison."""

    def __init__(self, tasks: Mapping[str, Classify]):
        self.tasks = tasks
        self.names = next(iter(tasks.values())).rows.multi_labelled().classes

    def accuracies(self) -> dict[str, Tensor]:
        """Variant -> share of the test rows that each label is predicted rightly for (labels,)."""
        found = {}
        for name, task in self.tasks.items():
            test = task.rows.test
            found[name] = (task.predictions(task.logits(test.inputs)) == test.targets).float().mean(0).cpu()
        return found

    def evaluate(self) -> dict[str, dict[str, float]]:
        return {
            name: {
                "mean_label_accuracy": each.mean().item(),
                "least_label_accuracy": each.min().item(),
                "weights": weights(self.tasks[name].net),
            }
            for name, each in self.accuracies().items()
        }

    def pictures(self) -> Iterator[Picture]:
        """Bars, the variants' beside one another for each label; and the table."""
        found = self.accuracies()
        labels, values = [], []
        for number, label in enumerate(self.names):
            labels += [label, *list(found)[1:]]  # short ones: the first variant has the label's line
            values += [each[number].item() for each in found.values()]
        yield Picture("labels", Bars(labels=labels, values=values, title=f"accuracy: {', '.join(found)}"))
        rows = [
            [name, f"{weights(self.tasks[name].net):,}", f"{each.mean().item():.3f}"] for name, each in found.items()
        ]
        yield Picture("costs", Table(columns=["", "weights", "accuracy"], rows=rows))
