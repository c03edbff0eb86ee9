"""How near samples of a plane come to the data, and whether they cover them: beside rows that are not for training."""

from collections.abc import Callable
from functools import cached_property, partial

import torch
from torch import Tensor

from dltui.engine.contracts.task import Task
from dltui.engine.metrics.matching import matching_distance
from dltui.recipes.metric import Metric

TASKS = ("gan", "diffuse", "flow_match")
METRICS = {
    "distance": Metric(
        "mean distance of a sample from the nearest training point", better="lower", range=(0, None), rows="train"
    ),
    "fresh_distance": Metric(
        "mean distance of a test point from the nearest training point", range=(0, None), axis="distance", rows="test"
    ),
    "w1": Metric(
        "Wasserstein-1 distance of samples and as many test points: each is matched with one of the others",
        better="lower", range=(0, None), rows="test",
    ),
    "fresh_w1": Metric(
        "Wasserstein-1 distance of training points and as many test points", range=(0, None), axis="w1", rows="test"
    ),
}  # fmt: skip
SEED = 0  # of the noise that samples are made of: the same each time


def build(*, samples: int = 500) -> Callable[[Task], "PlaneSamples"]:
    """For points of a plane, and a task that draws them.

    samples: samples drawn each time, at least 10, at most 2000; no more than there are test points.
    """
    return partial(PlaneSamples, samples=samples)


class PlaneSamples:
    """See contracts.probe.Probe."""

    def __init__(self, task: Task, samples: int):
        self.task, rows = task, task.rows.plane()
        self.known, self.test = rows.train.inputs, rows.test.inputs[:samples]
        self.device = rows.device

    @cached_property
    def of_fresh(self) -> dict[str, float]:
        few = self.known[: len(self.test)]
        return {"fresh_distance": self._distance(self.test), "fresh_w1": matching_distance(self.test[: len(few)], few)}

    def _distance(self, points: Tensor) -> float:
        return torch.cdist(points, self.known).amin(1).mean().item()

    def evaluate(self) -> dict[str, float]:
        drawn = self.task.sample(len(self.test), torch.Generator(self.device).manual_seed(SEED))
        measured = {"distance": self._distance(drawn), "w1": matching_distance(drawn, self.test)}
        return measured | self.of_fresh
