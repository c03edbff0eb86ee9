"""Classification: one of several classes a row; the loss, a regularizer and augmentation are parts of the recipe."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from dltui.engine.contracts.task import Context, Objective
from dltui.engine.losses.cross_entropy import CrossEntropy
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

LIVE = ("threshold",)
PARTS = ("loss", "regularizer", "augment")
PROBES = ("predictions",)
METRICS = {
    "loss": Metric("training loss of a batch", better="lower", progress=True),
    "test_loss": Metric("mean loss on the test rows", better="lower"),
    "accuracy": Metric("share of the test rows that are classified rightly", better="higher", range=(0, 1)),
}
ROWS = 1000  # test rows looked at together


def build(*, threshold: float = 0.5) -> Callable[[Context], "Classify"]:
    """The net's logits (B, outputs) are compared with the classes.

    threshold: probability from which a row is taken for the second of two classes, above 0 and below 1; logistic loss.
    """
    return partial(Classify, threshold=threshold)


class Classify:
    """A net that gives logits (B, classes), or (B, 1) for a binary loss."""

    def __init__(self, context: Context, threshold: float):
        self.net, self.rows = context.nets["model"], context.rows.labelled()
        self.criterion = context.loss or CrossEntropy()
        self.regularizer, self.augment = context.regularizer, context.augment
        self.threshold = threshold if self.criterion.binary else None  # no knob where nothing is decided by it
        if self.criterion.binary and len(self.rows.classes) != 2:
            raise DltuiError(
                f"The logistic loss is for two classes; these data have {len(self.rows.classes)}.",
                'Set loss.kind="cross_entropy".',
                ExitStatus.USAGE,
            )
        if self.augment:
            self.rows.pictures()

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> the mean loss and what the weights cost, a scalar."""
        inputs = self.rows.train.batch(rows)
        error = self.criterion(
            self.net(self.augment(inputs) if self.augment else inputs), self.rows.train.targets[rows]
        )
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
        """logits (N, outputs) -> the class that each row is taken for (N,) int64."""
        if self.threshold is None:
            return logits.argmax(1)
        return (self.criterion.probabilities(logits)[:, 1] >= self.threshold).long()

    def evaluate(self) -> dict[str, float]:
        logits, targets = self.logits(self.rows.test.inputs), self.rows.test.targets
        return {
            "test_loss": self.criterion(logits, targets).item(),
            "accuracy": (self.predictions(logits) == targets).float().mean().item(),
        }


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """The number of logits is the data's number of classes."""
    return {"outputs": facts["classes"]}
