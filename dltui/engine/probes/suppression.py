"""What non-maximum suppression does for a detector: its average precision with and without."""

from collections.abc import Callable
from functools import partial

from dltui.engine.metrics.detection import mean_ap
from dltui.engine.tasks.detect import LEAST, ROWS, Detect
from dltui.recipes.metric import Metric

TASKS = ("detect",)
METRICS = {
    "map50_all_boxes": Metric(
        "mean average precision at an IoU of 0.5, nothing being suppressed", better="higher", range=(0, 1), rows="test"
    ),
    "map50_suppressed": Metric(
        "mean average precision at an IoU of 0.5, after non-maximum suppression",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "nms_change": Metric(
        "by how much non-maximum suppression changes the mean average precision, up or down",
        better="lower",
        range=(0, 1),
        rows="test",
    ),
}


def build(*, nms_iou: float = 0.5) -> Callable[[Detect], "Suppression"]:
    """The same net judged twice.

    nms_iou: IoU above which the worse of two boxes of a class is suppressed, at least 0, at most 1.
    """
    return partial(Suppression, nms_iou=nms_iou)


class Suppression:
    """See contracts.probe.Probe."""

    def __init__(self, task: Detect, nms_iou: float):
        self.task, self.nms_iou = task, nms_iou

    def evaluate(self) -> dict[str, float]:
        task = self.task
        values = [
            mean_ap(
                [one for part in task.rows.test.inputs.split(ROWS) for one in task.net.detect(part, LEAST, nms_iou)],
                task.objects,
                len(task.rows.classes),
            )
            for nms_iou in (1.0, self.nms_iou)
        ]
        return dict(zip(METRICS, (*values, abs(values[1] - values[0])), strict=True))
