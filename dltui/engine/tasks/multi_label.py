"""Several labels at once: a sigmoid for each class, judged by itself, or one softmax that all classes share."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from dltui.engine.algorithms.rare_class import scores
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ("model",)
LIVE = ("threshold",)
METRICS = {
    "loss": Metric("training loss of a batch", better="lower", progress=True),
    "f1": Metric(
        "harmonic mean of precision and recall on the test rows, mean of the classes", better="higher", range=(0, 1)
    ),
    "exact": Metric("share of the test rows of which every class is told rightly"),
    "named": Metric("classes that are named, mean of the test rows"),
    "present": Metric("classes that are there, mean of the test rows"),
}
SHOWN = 6  # test rows that are drawn, from those with the most labels to those with none
FEW = 9  # classes that have room as one letter each
ROWS = 500  # test rows looked at together


def build(*, loss: Literal["sigmoids", "softmax"] = "sigmoids", threshold: float = 0.5) -> Callable:
    """Returns (data, nets, device) -> MultiLabel.

    loss: sigmoids, binary cross-entropy of each class; softmax, cross-entropy that shares 1 among the classes there.
    threshold: probability from which on a class is named, above 0, below 1.
    """
    return partial(MultiLabel, loss=loss, threshold=threshold)


class MultiLabel:
    """A net that gives logits (B, classes); targets (N, classes) are 0 and 1."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, loss: str, threshold: float):
        if data.train.targets.dim() != 2 or data.train.targets.shape[1] != len(data.classes):
            raise DltuiError(
                "Several labels are asked for; these data have one a row.", "Take data.kind=several.", ExitStatus.USAGE
            )
        self.net, self.classes = nets["model"], data.classes
        self.softmax, self.threshold = loss == "softmax", threshold
        self.inputs, self.targets = as_floats(data.train.inputs).to(device), data.train.targets.to(device)
        self.test_inputs, self.test_targets = as_floats(data.test.inputs).to(device), data.test.targets.to(device)
        self.rows = len(self.inputs)
        by_count = self.test_targets.sum(1).argsort(descending=True, stable=True)
        self.shown = by_count[torch.linspace(0, len(by_count) - 1, min(SHOWN, len(by_count))).long()]

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss_of)]

    def loss_of(self, rows: Tensor) -> Tensor:
        logits, y = self.net(self.inputs[rows]), self.targets[rows].float()  # (B, classes) both
        if not self.softmax:
            return binary_cross_entropy_with_logits(logits, y)
        return cross_entropy(logits, shared(y))

    def probabilities(self, inputs: Tensor) -> Tensor:
        """inputs (N, ...) -> (N, classes)."""
        logits = torch.cat([self.net(part) for part in inputs.split(ROWS)]).float()
        return logits.softmax(1) if self.softmax else logits.sigmoid()

    def evaluate(self) -> dict[str, float]:
        named, there = self.probabilities(self.test_inputs) >= self.threshold, self.test_targets == 1
        of_class = [scores(said, truth).f1 for said, truth in zip(named.T, there.T, strict=True)]
        return {
            "f1": sum(of_class) / len(of_class),
            "exact": (named == there).all(1).float().mean().item(),
            "named": named.sum(1).float().mean().item(),
            "present": there.sum(1).float().mean().item(),
        }

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        p = self.probabilities(self.test_inputs[self.shown])
        yield Picture("says", self._table(p))
        if self.inputs.dim() == 4:
            named = [self._names(row >= self.threshold) for row in p]
            yield Picture("named", montage(self.test_inputs[self.shown], columns=3, captions=named))

    def _table(self, p: Tensor) -> dict:
        """A row a picture, what is in it at its head: the probability of each class in per cent."""
        there = self.test_targets[self.shown] == 1
        return {
            "type": "alignment", "weights": p.cpu().numpy(), "columns": list(self.classes),
            "rows": [self._initials(row) if len(self.classes) <= FEW else self._names(row) for row in there],
            "row_title": "there", "column_title": "the net says, %",
        }  # fmt: skip

    def _initials(self, there: Tensor) -> str:
        """One letter a class, in the order of the columns, a dash for what is not there: "d-s-c"."""
        return "".join(
            name[:1] if is_there else "-" for name, is_there in zip(self.classes, there.tolist(), strict=True)
        )

    def _names(self, there: Tensor) -> str:
        return " ".join(name for name, is_there in zip(self.classes, there.tolist(), strict=True) if is_there) or "none"


def shared(y: Tensor) -> Tensor:
    """y (B, classes) of 0 and 1 -> as probabilities: 1 is shared by the classes there, by all where there is none."""
    y = torch.where(y.sum(1, keepdim=True) > 0, y, torch.ones_like(y))
    return y / y.sum(1, keepdim=True)
