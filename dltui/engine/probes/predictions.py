"""What a classifier predicts for the test rows: its decision field on a plane, else what is taken for what."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.confusion import confusion, worst_mistakes
from dltui.engine.pictures.montage import montage
from dltui.engine.pictures.plane import decision_field, hidden_units
from dltui.engine.pictures.sounds import hardest_sound
from dltui.engine.tasks.classify import Classify
from dltui.runs.payloads import Alignment

TASKS = ("classify",)
METRICS = {}
SHOWN, ACROSS = 6, 3  # rows with several labels that are drawn, from those with the most to those with none
FEW = 9  # classes that have room as one letter each


def build() -> Callable[[Classify], "Predictions"]:
    """Points of a plane: the field and the hidden units. Several labels: their probabilities. Else the confusion
    matrix, and what was hardest."""
    return Predictions


class Predictions:
    """See contracts.probe.Probe."""

    def __init__(self, task: Classify):
        self.task, self.rows = task, task.rows

    def pictures(self) -> Iterator[Picture]:
        test, classes = self.rows.test, self.rows.classes
        if self.task.multi_label:
            yield from self._labels()
            return
        if test.stored.shape[1:] == (2,):
            yield from self._plane()
            return
        logits = self.task.logits(test.inputs)
        probabilities = self.task.criterion.probabilities(logits)
        yield Picture("confusion", confusion(test.targets, self.task.predictions(logits), classes))
        if rate := self.rows.facts.get("rate", 0):
            yield Picture("hardest", hardest_sound(test.inputs, test.targets, probabilities, classes, rate))
        elif test.stored.dim() == 4 and (mistakes := worst_mistakes(test.inputs, test.targets, probabilities, classes)):
            yield Picture("mistakes", mistakes)

    def _plane(self) -> Iterator[Picture]:
        test, net = self.rows.test, self.task.net
        field = decision_field(
            lambda rows: self.task.probabilities(rows)[:, 1], test.inputs, test.targets, self.rows.classes
        )
        yield Picture("field", field)
        units = hidden_units(net.layers, test.inputs) if hasattr(net, "layers") else None
        if units:
            yield Picture("hidden units", units)

    def _labels(self) -> Iterator[Picture]:
        """A few rows: the probability of each class, in per cent, and under pictures the labels that are predicted."""
        test, classes = self.rows.test, self.rows.classes
        by_count = test.targets.sum(1).argsort(descending=True, stable=True)
        shown = by_count[torch.linspace(0, len(by_count) - 1, min(SHOWN, len(by_count))).long()]
        logits, named = self.task.logits(test.inputs[shown]), _initials if len(classes) <= FEW else _names
        yield Picture("probabilities", Alignment(
            weights=self.task.criterion.probabilities(logits).cpu().numpy(), columns=list(classes),
            rows=[named(row, classes) for row in test.targets[shown]],
            row_title="labels", column_title="predicted probability, %",
        ))  # fmt: skip
        if test.stored.dim() == 4:
            captions = [_names(row, classes) for row in self.task.predictions(logits)]
            yield Picture("predicted labels", montage(test.inputs[shown], columns=ACROSS, captions=captions))


def _initials(labels: Tensor, classes: tuple[str, ...]) -> str:
    """labels (classes,) of 0 and 1 -> one letter a class, in the order of the columns, a dash for 0: "d-s-c"."""
    return "".join(name[:1] if there else "-" for name, there in zip(classes, labels.tolist(), strict=True))


def _names(labels: Tensor, classes: tuple[str, ...]) -> str:
    return " ".join(name for name, there in zip(classes, labels.tolist(), strict=True) if there) or "none"
