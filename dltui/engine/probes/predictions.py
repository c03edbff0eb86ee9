"""What a classifier makes of the test rows: its decision field on a plane, else what is taken for what."""

from collections.abc import Callable, Iterator

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.confusion import confusion, worst_mistakes
from dltui.engine.pictures.plane import decision_field, hidden_units
from dltui.engine.pictures.sounds import hardest_sound
from dltui.engine.tasks.classify import Classify

TASKS = ("classify",)
METRICS = {}


def build() -> Callable[[Classify], "Predictions"]:
    """Points of a plane: the field and the hidden units; else the confusion matrix, and what was hardest."""
    return Predictions


class Predictions:
    """See contracts.probe.Probe."""

    def __init__(self, task: Classify):
        self.task, self.rows = task, task.rows

    def pictures(self) -> Iterator[Picture]:
        test, classes = self.rows.test, self.rows.classes
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
