"""Classification: one of several classes a row, or any number of them where the rows have labels for each.

The loss, a regularizer and augmentation are parts of the recipe.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from dltui.engine.contracts.rows import RowSplit
from dltui.engine.contracts.task import Context, Objective
from dltui.engine.losses.cross_entropy import CrossEntropy
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

LIVE = ("threshold",)
PARTS = ("loss", "regularizer", "augment")
PROBES = ("predictions",)
ANSWERS = ("predict",)
LOSS_HAS = ("probabilities",)
METRICS = {
    "loss": Metric("training loss of a batch", better="lower", progress=True, rows="train"),
    "test_loss": Metric("mean loss on the test rows", better="lower", axis="loss", rows="test"),
    "validation_loss": Metric(
        "mean loss on the validation rows, where some are held out", better="lower", axis="loss", rows="validation"
    ),
    "accuracy": Metric(
        "share of the test rows classified rightly, in every label", better="higher", range=(0, 1), rows="test"
    ),
    "validation_accuracy": Metric(
        "share of the validation rows classified rightly, in every label, where some are held out",
        better="higher",
        range=(0, 1),
        axis="accuracy",
        rows="validation",
    ),
}
ROWS = 1000  # test rows looked at together


def build(*, threshold: float = 0.5, bootstrap: bool = False) -> Callable[[Context], "Classify"]:
    """The net's logits (B, outputs) are compared with the classes.

    threshold: probability from which a row is taken for the second of two classes, with one logit, or for each class of
        several labels, above 0 and below 1.
    bootstrap: whether the training rows are drawn from all of them with repetition, as many as there are (bagging).
    """
    return partial(Classify, threshold=threshold, bootstrap=bootstrap)


class Classify:
    """A net that gives logits (B, classes), or (B, 1) for a binary loss.

    batch_transforms: what callbacks add, (inputs, targets) -> inputs, of a batch before the net sees it.
    """

    def __init__(self, context: Context, threshold: float = 0.5, bootstrap: bool = False):
        self.net, self.rows = context.nets["model"], context.rows
        self.criterion = context.loss or CrossEntropy()
        self.regularizer, self.augment = context.regularizer, context.augment
        self.batch_transforms: list[Callable[[Tensor, Tensor], Tensor]] = []
        self.multi_label = self.rows.multi_label and getattr(self.criterion, "multi_label", False)
        # no knob where nothing is decided by it
        binary = getattr(self.criterion, "binary", False)
        self.threshold = threshold if binary or self.multi_label else None
        if not self.multi_label and len(self.rows.labelled().classes) != 2 and binary:
            raise DltuiError(
                f"Binary cross-entropy is for two classes, or for labels of each class; these data have "
                f"{len(self.rows.classes)} classes, one a row.",
                'Set loss.kind="cross_entropy".',
                ExitStatus.USAGE,
            )
        if self.augment:
            self.rows.pictures()
        self.drawn = self._drawn(context.seed) if bootstrap else None

    def _drawn(self, seed: int) -> Tensor:
        """Numbers of training rows (N,), drawn with repetition: the same for the same seed."""
        count = len(self.rows.train)
        return torch.randint(count, (count,), generator=torch.Generator().manual_seed(seed)).to(self.rows.device)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> the mean loss and what the weights cost, a scalar."""
        rows = rows if self.drawn is None else self.drawn[rows]
        inputs, targets = self.rows.train.batch(rows), self.rows.train.targets[rows]
        if self.augment:
            inputs = self.augment(inputs)
        for transform in self.batch_transforms:
            inputs = transform(inputs, targets)
        error = self.criterion(self.net(inputs), targets)
        return error + self.regularizer(self.net) if self.regularizer else error

    def mean_loss(self, inputs: Tensor, targets: Tensor) -> float:
        """inputs (N, ...), targets (N,) -> the mean of the loss, without what the weights cost."""
        return self.criterion(self.logits(inputs), targets).item()

    def logits(self, inputs: Tensor) -> Tensor:
        """inputs (N, ...) -> logits (N, outputs), a thousand rows at a time."""
        return torch.cat([self.net(part) for part in inputs.split(ROWS)]).float()

    def probabilities(self, inputs: Tensor) -> Tensor:
        """inputs (N, ...) -> probabilities (N, classes)."""
        return self.criterion.probabilities(self.logits(inputs))

    def predictions(self, logits: Tensor) -> Tensor:
        """logits (N, outputs) -> the class that each row is taken for (N,) int64; of several labels (N, classes)."""
        if self.threshold is None:
            return logits.argmax(1)
        if self.multi_label:
            return (self.criterion.probabilities(logits) >= self.threshold).long()
        return (self.criterion.probabilities(logits)[:, 1] >= self.threshold).long()

    def evaluate(self) -> dict[str, float]:
        """Loss and accuracy on the test rows, and on the validation rows where there are some."""
        test_loss, accuracy = self._judged(self.rows.test)
        if not self.rows.validation:
            return {"test_loss": test_loss, "accuracy": accuracy}
        loss, right = self._judged(self.rows.validation)
        return {
            "test_loss": test_loss,
            "validation_loss": loss,
            "accuracy": accuracy,
            "validation_accuracy": right,
        }

    def _judged(self, rows: RowSplit) -> tuple[float, float]:
        """The mean loss, and the share of rows of which every label is right."""
        logits = self.logits(rows.inputs)
        right = (self.predictions(logits) == rows.targets).float()
        accuracy = (right.amin(1) if self.multi_label else right).mean().item()
        return self.criterion(logits, rows.targets).item(), accuracy


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """The number of logits is the data's number of classes."""
    return {"outputs": facts["classes"]}


def output_shape(role: str, facts: dict[str, int]) -> tuple[int | None, ...]:
    """Logits (B, outputs)."""
    return (facts["outputs"],)
