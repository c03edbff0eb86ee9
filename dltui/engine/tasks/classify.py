"""Classification: one of several classes a row, by cross-entropy."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from dltui.engine.dataset import Dataset, as_floats
from dltui.engine.pictures.confusion import confusion, worst_mistakes
from dltui.engine.pictures.plane import decision_field, hidden_units
from dltui.engine.pictures.thresholds import precision_recall_picture, roc, roc_picture
from dltui.engine.task import Objective, Picture
from dltui.errors import DltuiError, ExitStatus

MODELS = ("model",)
METRICS = {
    "loss": "training loss of a batch",
    "test_loss": "mean loss on the test rows",
    "accuracy": "share of the test rows classified rightly",
    "auc": "area under the ROC curve, for two classes",
}
ROWS = 1000  # test rows looked at together


def build(*, loss: Literal["cross_entropy", "logistic"] = "cross_entropy") -> Callable:
    """Returns (data, nets, device) -> Classify.

    loss: cross_entropy, one logit a class; logistic, one logit for two classes.
    """
    return partial(Classify, loss=loss)


class Classify:
    """A net that gives logits (B, classes), or (B, 1) for the logistic loss."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, loss: str):
        self.net, self.classes, self.logistic = nets["model"], data.classes, loss == "logistic"
        if self.logistic and len(data.classes) != 2:
            raise DltuiError(
                f'task.loss "logistic" is for two classes; these data have {len(data.classes)}.',
                'Set task.loss="cross_entropy".',
                ExitStatus.USAGE,
            )
        self.inputs, self.targets = as_floats(data.train.inputs).to(device), data.train.targets.to(device)
        self.test_inputs, self.test_targets = as_floats(data.test.inputs).to(device), data.test.targets.to(device)
        self.rows = len(self.inputs)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        return self._mean_loss(self.net(self.inputs[rows]), self.targets[rows])

    def _mean_loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        if self.logistic:
            return binary_cross_entropy_with_logits(logits[:, 0], targets.to(logits.dtype))
        return cross_entropy(logits, targets)

    def logits(self, inputs: Tensor) -> Tensor:
        """inputs (N, ...) -> logits (N, ...), a thousand rows at a time."""
        return torch.cat([self.net(part) for part in inputs.split(ROWS)]).float()

    def probabilities(self, inputs: Tensor) -> Tensor:
        """inputs (N, ...) -> probabilities (N, classes)."""
        logits = self.logits(inputs)
        if self.logistic:
            positive = torch.sigmoid(logits[:, 0])
            return torch.stack([1 - positive, positive], 1)
        return logits.softmax(1)

    def evaluate(self) -> dict[str, float]:
        logits = self.logits(self.test_inputs)
        predictions = (logits[:, 0] > 0).long() if self.logistic else logits.argmax(1)
        values = {
            "test_loss": self._mean_loss(logits, self.test_targets).item(),
            "accuracy": (predictions == self.test_targets).float().mean().item(),
        }
        if len(self.classes) == 2:
            values["auc"] = roc(self.probabilities(self.test_inputs)[:, 1], self.test_targets)[2]
        return values

    def pictures(self) -> Iterator[Picture]:
        """On a plane: the decision field and the hidden units. Else: confusion, and mistakes or thresholds."""
        if self.inputs.shape[1:] == (2,):
            yield from self._plane()
            return
        probabilities = self.probabilities(self.test_inputs)
        yield Picture("confusion", confusion(self.test_targets, probabilities.argmax(1), self.classes))
        if self.test_inputs.dim() == 4:
            mistakes = worst_mistakes(self.test_inputs, self.test_targets, probabilities, self.classes)
            if mistakes:
                yield Picture("mistakes", mistakes)
        elif len(self.classes) == 2:
            yield Picture("ROC", roc_picture(probabilities[:, 1], self.test_targets))
            yield Picture("thresholds", precision_recall_picture(probabilities[:, 1], self.test_targets))

    def _plane(self) -> Iterator[Picture]:
        field = decision_field(
            lambda rows: self.probabilities(rows)[:, 1], self.test_inputs, self.test_targets, self.classes
        )
        yield Picture("field", field)
        units = hidden_units(self.net.layers, self.test_inputs) if hasattr(self.net, "layers") else None
        if units:
            yield Picture("hidden units", units)


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """The number of logits is the data's number of classes."""
    return {"outputs": facts["classes"]}
