"""Test pictures as a net segments them, beside the ground truth, and where it is wrong."""

from collections.abc import Callable, Iterator
from functools import partial

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.masks import errors, overlays
from dltui.engine.tasks.segment import Segment

TASKS = ("segment",)
METRICS = {}
LEAST = 12  # points of the terminal that a picture must have


def build(*, pictures: int = 3) -> Callable[[Segment], "Masks"]:
    """Masks over their pictures; nothing of borders, of which the task itself shows more.

    pictures: how many test pictures, at least 1: the first ones.
    """
    return partial(Masks, pictures=pictures)


class Masks:
    """See contracts.probe.Probe."""

    def __init__(self, task: Segment, pictures: int):
        self.task, self.shown = task, pictures

    def pictures(self) -> Iterator[Picture]:
        """Masks, and errors."""
        if self.task.judge == "borders":
            return
        test, classes = self.task.rows.test, self.task.rows.classes
        inputs, truth = test.inputs[: self.shown], test.targets[: self.shown].long()
        predicted = self.task.predicted(inputs)
        yield Picture("masks", overlays(inputs, [truth, predicted], classes, ["ground truth", "predicted"], LEAST))
        yield Picture("errors", errors(inputs, [predicted], truth, ["errors"], LEAST))
