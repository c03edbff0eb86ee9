"""What the threshold of a decision trades, for two classes or for several labels: ROC, precision and recall."""

from collections.abc import Callable, Iterator

from torch import Tensor

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.confusion import confusion
from dltui.engine.pictures.thresholds import (
    precision_over_recall,
    precision_recall_picture,
    roc_picture,
    scores_table,
)
from dltui.engine.tasks.classify import Classify
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes.metric import Metric

TASKS = ("classify",)
CURVES = {"ROC": roc_picture, "thresholds": precision_recall_picture, "precision over recall": precision_over_recall}
PANES = (*CURVES, "scores", "counts")
METRICS = {
    "auc": Metric("area under the ROC curve; of several labels the mean of the classes", better="higher", range=(0, 1)),
    "precision": Metric(
        "share of the rows taken for the second class that belong to it; of several labels the mean of the classes",
        better="higher", range=(0, 1),
    ),
    "recall": Metric(
        "share of the second class that is found; of several labels the mean of the classes",
        better="higher", range=(0, 1),
    ),
    "f1": Metric(
        "harmonic mean of precision and recall; of several labels the mean of the classes",
        better="higher", range=(0, 1),
    ),
    "average_precision": Metric(
        "area under the curve of precision over recall: of all thresholds together; of several labels the mean of the"
        " classes",
        better="higher", range=(0, 1),
    ),
    "majority_accuracy": Metric(
        "accuracy of a classifier that always predicts the more frequent class; of two classes only", range=(0, 1)
    ),
    "labels": Metric("labels of a test row, on average; of several labels only"),
    "predicted_labels": Metric("labels that are predicted for a test row, on average; of several labels only"),
}  # fmt: skip


def build(*, panes: list[str] = ("ROC", "thresholds")) -> Callable[[Classify], "Thresholds"]:
    """For two classes, or for rows with several labels, whose curves are of all decisions together.

    panes: what is drawn, in this order: ROC; thresholds, precision and recall by the threshold; precision over recall;
        of two classes also scores, the net beside one that always predicts the first; counts, the confusion matrix.
    """
    wrong = next((name for name in panes if name not in PANES), "")
    if wrong:
        raise DltuiError(
            f'The probe thresholds has no pane "{wrong}".',
            f"{did_you_mean(wrong, PANES)} Valid: {', '.join(PANES)}.".strip(),
            ExitStatus.USAGE,
        )
    return lambda task: Thresholds(task, list(panes))


class Thresholds:
    """See contracts.probe.Probe. The second of two classes is the positive one."""

    def __init__(self, task: Classify, panes: list[str]):
        self.panes = panes
        self.task, self.rows = task, task.rows if task.multi_label else task.rows.labelled(2)

    def _scores(self, logits: Tensor) -> Tensor:
        """logits (N, outputs) -> probabilities of the second class (N,), of several labels (N, classes)."""
        p = self.task.criterion.probabilities(logits)
        return p if self.task.multi_label else p[:, 1]

    def evaluate(self) -> dict[str, float]:
        from sklearn import metrics  # 1.8 s

        logits = self.task.logits(self.rows.test.inputs)
        targets, predictions = self.rows.test.targets.cpu().numpy(), self.task.predictions(logits).cpu().numpy()
        how = {"average": "macro" if self.task.multi_label else "binary", "zero_division": 0}
        scores = self._scores(logits).cpu().numpy()
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(targets, predictions, **how)
        values = {
            "auc": metrics.roc_auc_score(targets, scores),
            "precision": precision,
            "recall": recall,
            "f1": f1,
            "average_precision": metrics.average_precision_score(targets, scores),
        }
        if self.task.multi_label:
            return values | {"labels": targets.sum(1).mean(), "predicted_labels": predictions.sum(1).mean()}
        share = targets.mean()
        return values | {"majority_accuracy": max(share, 1 - share)}

    def pictures(self) -> Iterator[Picture]:
        test, threshold = self.rows.test, self.task.threshold
        logits = self.task.logits(test.inputs)
        scores, targets = self._scores(logits).flatten(), test.targets.flatten()
        predictions = self.task.predictions(logits)
        for name in self.panes:
            if name in CURVES:
                yield Picture(name, CURVES[name](scores, targets, threshold))
            elif not self.task.multi_label:
                draw = scores_table if name == "scores" else confusion
                yield Picture(name, draw(targets, predictions, self.rows.classes))
