"""What the threshold of a decision trades, whatever gives the scores: ROC, precision and recall, histograms.

A classifier's scores are probabilities. An autoencoder's are errors: it reconstructs badly what it never saw
(Japkowicz, Myers, Gluck 1995).
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.confusion import confusion
from dltui.engine.pictures.thresholds import (
    histogram,
    precision_over_recall,
    precision_recall_picture,
    roc_picture,
    scores_table,
)
from dltui.engine.tasks.autoencode import Autoencode
from dltui.engine.tasks.classify import Classify
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes.metric import Metric

TASKS = ("classify", "autoencode")
CURVES = {
    "ROC": roc_picture,
    "thresholds": precision_recall_picture,
    "precision over recall": precision_over_recall,
    "histogram": histogram,
}
PANES = (*CURVES, "scores", "counts")
METRICS = {
    "auc": Metric(
        "area under the ROC curve; of several labels the mean of the classes",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "average_precision": Metric(
        "area under precision over recall; of labels the mean", better="higher", range=(0, 1), rows="test"
    ),
    "positive_score": Metric("mean score of the test rows of the second class, or of classes never seen", rows="test"),
    "negative_score": Metric(
        "mean score of the test rows of the first class, or of classes trained on", axis="positive_score", rows="test"
    ),
    "precision": Metric(
        "share of predicted positives that are; of labels the mean", better="higher", range=(0, 1), rows="test"
    ),
    "recall": Metric(
        "share of the positive rows found; of labels the mean", better="higher", range=(0, 1), rows="test"
    ),
    "f1": Metric(
        "harmonic mean of precision and recall; of labels the mean", better="higher", range=(0, 1), rows="test"
    ),
    "majority_accuracy": Metric(
        "accuracy of always predicting the more frequent of two classes", range=(0, 1), rows="test"
    ),
    "labels": Metric("labels of a test row, on average; of several labels only", rows="test"),
    "predicted_labels": Metric(
        "labels that are predicted for a test row, on average; of several labels only", axis="labels", rows="test"
    ),
}


def build(*, panes: list[str] = ("ROC", "thresholds")) -> Callable[[Classify | Autoencode], "Thresholds"]:
    """For two classes, several labels, or an autoencoder with task.unseen, whose error is the score of being unseen.

    panes: what is drawn, in this order: ROC; thresholds, precision and recall by the threshold; precision over recall;
        histogram, the scores of both classes; of a classifier of two classes also scores, the net beside one that
        always predicts the first, and counts, the confusion matrix. The curves of several labels are of all decisions.
    """
    wrong = next((name for name in panes if name not in PANES), "")
    if wrong:
        raise DltuiError(
            f'The probe thresholds has no pane "{wrong}".',
            f"{did_you_mean(wrong, PANES)} Valid: {', '.join(PANES)}.".strip(),
            ExitStatus.USAGE,
        )
    return lambda task: (Anomalies if isinstance(task, Autoencode) else Thresholds)(task, list(panes))


class Thresholds:
    """See contracts.probe.Probe. Of a classifier; the second of two classes is the positive one."""

    def __init__(self, task: Classify, panes: list[str]):
        self.panes = panes
        self.task, self.rows = task, task.rows if task.multi_label else task.rows.labelled(2)

    def _scores(self, logits: Tensor) -> Tensor:
        """logits (N, outputs) -> probabilities of the second class (N,), of several labels (N, classes)."""
        p = self.task.criterion.probabilities(logits)
        return p if self.task.multi_label else p[:, 1]

    def evaluate(self) -> dict[str, float]:
        from sklearn.metrics import precision_recall_fscore_support  # 1.8 s

        logits, targets = self.task.logits(self.rows.test.inputs), self.rows.test.targets
        values = of_scores(self._scores(logits), targets)
        targets, predictions = targets.cpu().numpy(), self.task.predictions(logits).cpu().numpy()
        how = {"average": "macro" if self.task.multi_label else "binary", "zero_division": 0}
        decided = precision_recall_fscore_support(targets, predictions, **how)
        values |= dict(zip(("precision", "recall", "f1"), decided, strict=False))
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


class Anomalies:
    """See contracts.probe.Probe. Of an autoencoder; classes that it was not trained on are the positive ones."""

    def __init__(self, task: Autoencode, panes: list[str]):
        if not len(task.unseen):
            raise DltuiError(
                "Anomalies are pictures of classes that were not trained on; all are.",
                "Name some: task.unseen=[0]",
                ExitStatus.USAGE,
            )
        self.task, self.panes, self.inputs = task, panes, task.rows.test.inputs
        self.unseen = torch.isin(task.rows.test.targets, task.unseen).long()  # (N,)

    def errors(self) -> Tensor:
        """Mean squared error of each test picture (N,)."""
        return (self.task.reconstruct(self.inputs) - self.inputs).square().flatten(1).mean(1)

    def evaluate(self) -> dict[str, float]:
        return of_scores(self.errors(), self.unseen)

    def pictures(self) -> Iterator[Picture]:
        errors = self.errors()
        for name in self.panes:
            if name in CURVES:
                yield Picture(name, CURVES[name](errors, self.unseen))


def of_scores(scores: Tensor, targets: Tensor) -> dict[str, float]:
    """Metrics of scores and targets in {0, 1}, both (N,) or (N, classes), that need no threshold."""
    from sklearn.metrics import average_precision_score, roc_auc_score  # 1.8 s

    y, p = targets.cpu().numpy(), scores.cpu().numpy()
    return {
        "auc": roc_auc_score(y, p),
        "average_precision": average_precision_score(y, p),
        "positive_score": p[y == 1].mean(),
        "negative_score": p[y == 0].mean(),
    }
