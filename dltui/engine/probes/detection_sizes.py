"""How well small and large objects are detected: the average precision of each size."""

from collections.abc import Callable
from functools import partial

from dltui.engine.metrics.detection_sizes import mean_ap_of_size
from dltui.engine.tasks.detect import LEAST, Detect
from dltui.recipes.metric import Metric

TASKS = ("detect",)
METRICS = {
    "map50_small": Metric(
        "mean average precision at an IoU of 0.5, of the small objects alone",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "map50_large": Metric(
        "mean average precision at an IoU of 0.5, of the other objects alone",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
}


def build(*, small: float = 0.17) -> Callable[[Detect], "DetectionSizes"]:
    """Objects by the root of their area, as a share of the picture's side.

    small: below it an object is small, above 0, below 1.
    """
    return partial(DetectionSizes, small=small)


class DetectionSizes:
    """See contracts.probe.Probe."""

    def __init__(self, task: Detect, small: float):
        self.task, self.small = task, small * task.rows.test.stored.shape[-1]  # in pixels

    def evaluate(self) -> dict[str, float]:
        task = self.task
        predictions = task.predictions(task.rows.test.inputs, LEAST)
        ranges = {"map50_small": (0.0, self.small), "map50_large": (self.small, float("inf"))}
        classes = len(task.rows.classes)
        return {name: mean_ap_of_size(predictions, task.objects, classes, sizes) for name, sizes in ranges.items()}
