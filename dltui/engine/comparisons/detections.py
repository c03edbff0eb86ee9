"""The same test pictures as each variant detects their objects; what each is worth, and the time a picture takes."""

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from statistics import median

from torch import Tensor

from dltui.engine.contracts.task import Picture
from dltui.engine.metrics.detection import mean_ap
from dltui.engine.pictures.boxes import boxed
from dltui.engine.pictures.detector_views import views
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.detect import LEAST, Detect
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Table

TASKS = ("detect",)
SAME_ROWS = True
METRICS = {
    "milliseconds": Metric(
        "processor time from a test picture to its boxes, one picture at a time, a median",
        better="lower",
        range=(0, None),
        rows="test",
        unit="ms",
        log=True,
    ),
}
TIMES, AGAIN = 5, 4  # pictures that are timed, and how often each: other programs only make it longer
ROWS = 16  # test rows that the table is of: pictures are drawn often


def build(
    *, pictures: int = 2, least: int = 14, replaces: bool = True
) -> Callable[[Mapping[str, Detect]], "Detections"]:
    """Test pictures with the boxes that each variant predicts, the objects dashed.

    pictures: how many, at least 1: the first ones.
    least: points of the terminal that a picture must have where not all have room, at least 5.
    replaces: whether nothing else of the variants is shown.
    """
    return partial(Detections, pictures=pictures, least=least, replaces=replaces)


class Detections:
    """See contracts.probe.Comparison."""

    def __init__(self, tasks: Mapping[str, Detect], pictures: int, least: int, replaces: bool):
        self.tasks, self.shown, self.least, self.replaces_pictures = tasks, pictures, least, replaces

    def evaluate(self) -> dict[str, dict[str, float]]:
        return {name: {"milliseconds": milliseconds(task)} for name, task in self.tasks.items()}

    def pictures(self) -> Iterator[Picture]:
        """Boxes, a row a picture; of the first variant that has them anchors or heat maps; and the table."""
        first = next(iter(self.tasks.values()))
        inputs, columns = first.rows.test.inputs[: self.shown], len(self.tasks)
        boxes = []
        for column, task in enumerate(self.tasks.values()):
            for row, found in enumerate(task.predictions(inputs, task.min_score)):
                cell = row * columns + column
                boxes += boxed(cell, task.objects[row], dashed=True) + boxed(cell, found)
        captions = list(self.tasks) * len(inputs)
        sheet = montage(inputs.repeat_interleave(columns, 0), columns=columns, captions=captions, least=self.least)
        yield Picture("detections", sheet | {"type": "boxes", "boxes": boxes, "classes": list(first.rows.classes)})
        for task in self.tasks.values():
            shown = list(views(task.net, inputs[:1], task.rows.test.targets[:1], first.rows.classes))
            if shown:
                yield from shown
                break
        yield Picture("table", self._table())

    def _table(self) -> Table:
        """By the first test pictures alone."""
        rows = []
        for name, task in self.tasks.items():
            found = task.predictions(task.rows.test.inputs[:ROWS], LEAST)
            value = mean_ap(found, task.objects[: len(found)], len(task.rows.classes))
            rows.append([name, round(value, 3), f"{milliseconds(task):.2g}"])
        return Table(columns=["", "map50", "ms a picture"], rows=rows)


def milliseconds(task: Detect) -> float:
    """The median over some test pictures of the processor time from each, alone, to its boxes, the least of a few."""
    pictures = task.rows.test.inputs[:TIMES].split(1)
    return 1000 * median(min(_seconds(task, picture) for _ in range(AGAIN)) for picture in pictures)


def _seconds(task: Detect, picture: Tensor) -> float:
    began = time.process_time()
    task.predictions(picture, task.min_score)
    return time.process_time() - began
