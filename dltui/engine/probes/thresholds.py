"""What the threshold of a two-class decision trades: the ROC curve, precision and recall."""

from collections.abc import Callable, Iterator

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.thresholds import precision_recall_picture, roc_picture
from dltui.engine.tasks.classify import Classify
from dltui.recipes.metric import Metric

TASKS = ("classify",)
METRICS = {
    "auc": Metric("area under the ROC curve", better="higher", range=(0, 1)),
    "precision": Metric(
        "share of the rows taken for the second class that belong to it", better="higher", range=(0, 1)
    ),
    "recall": Metric("share of the second class that is found", better="higher", range=(0, 1)),
}


def build() -> Callable[[Classify], "Thresholds"]:
    """For two classes."""
    return Thresholds


class Thresholds:
    """See contracts.probe.Probe. The second class is the positive one."""

    def __init__(self, task: Classify):
        self.task, self.rows = task, task.rows.labelled(2)

    def evaluate(self) -> dict[str, float]:
        from sklearn.metrics import precision_score, recall_score, roc_auc_score  # 1.8 s

        logits = self.task.logits(self.rows.test.inputs)
        targets, predictions = self.rows.test.targets.cpu().numpy(), self.task.predictions(logits).cpu().numpy()
        scores = self.task.criterion.probabilities(logits)[:, 1].cpu().numpy()
        return {
            "auc": roc_auc_score(targets, scores),
            "precision": precision_score(targets, predictions, zero_division=0),
            "recall": recall_score(targets, predictions, zero_division=0),
        }

    def pictures(self) -> Iterator[Picture]:
        test, threshold = self.rows.test, self.task.threshold
        scores = self.task.probabilities(test.inputs)[:, 1]
        yield Picture("ROC", roc_picture(scores, test.targets, threshold))
        yield Picture("thresholds", precision_recall_picture(scores, test.targets, threshold))
