"""The same test pictures as each variant segments them, beside the ground truth; their errors; the IoU of classes."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from dltui.engine.contracts.task import Picture
from dltui.engine.metrics.operations import costs
from dltui.engine.metrics.segmentation import class_ious, confusion
from dltui.engine.pictures.masks import errors, overlays
from dltui.engine.tasks.segment import Segment
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Table

TASKS = ("segment",)
METRICS = {
    "weights": Metric("weights that are learned", better="lower", range=(0, None), whole=True),
    "operations": Metric(
        "multiply-adds of convolutions and linear layers for one picture",
        better="lower",
        range=(0, None),
        whole=True,
        log=True,
    ),
}
LEAST = 12  # points of the terminal that a picture must have
ROWS = 64  # test rows that the table is of: pictures are drawn often


def build(*, pictures: int = 1) -> Callable[[Mapping[str, Segment]], "Masks"]:
    """Test pictures under what was predicted for them.

    pictures: how many, at least 1: the first ones.
    """
    return partial(Masks, pictures=pictures)


class Masks:
    """See contracts.probe.Comparison."""

    def __init__(self, tasks: Mapping[str, Segment], pictures: int):
        self.tasks, self.shown = tasks, pictures

    def evaluate(self) -> dict[str, dict[str, float]]:
        return {name: costs(task.net, task.rows.test.inputs[:1]) for name, task in self.tasks.items()}

    def pictures(self) -> Iterator[Picture]:
        """Masks, errors, and a table of the IoU of classes on the first test pictures."""
        first = next(iter(self.tasks.values()))
        inputs, truth = first.rows.test.inputs[: self.shown], first.rows.test.targets[: self.shown].long()
        predicted = [task.predicted(inputs) for task in self.tasks.values()]
        names, classes = list(self.tasks), first.rows.classes
        yield Picture("masks", overlays(inputs, [truth, *predicted], classes, ["ground truth", *names], LEAST))
        yield Picture("errors", errors(inputs, predicted, truth, names, LEAST))
        yield Picture("classes", self._table())

    def _table(self) -> Table:
        rows = []
        for name, task in self.tasks.items():
            test = task.rows.test
            found, truth = task.predicted(test.inputs[:ROWS]), test.targets[:ROWS]
            counts = confusion(found.cpu().numpy(), truth.cpu().numpy(), len(task.rows.classes))
            rows.append([name, *[round(float(iou), 3) for iou in class_ious(counts)]])
        return Table(columns=["IoU of", *task.rows.classes], rows=rows)
