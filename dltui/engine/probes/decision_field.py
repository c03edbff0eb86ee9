"""The decision field: the probability of the second class all over a plane, its border at the threshold, and rows."""

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.plane import decision_field
from dltui.engine.tasks.classify import Classify

TASKS = ("classify",)
METRICS = {}


def build(
    *, rows: Literal["training", "test"] = "test", most: int = 0, pane: str = "field"
) -> Callable[[Classify], "DecisionField"]:
    """For two classes of points in a plane; of other rows nothing is drawn.

    rows: which rows are drawn as points.
    most: rows of each class that are drawn, at least 0, so that a rare one is seen; 0 draws all.
    pane: title of the picture.
    """
    return lambda task: DecisionField(task, rows, most, pane)


class DecisionField:
    """See contracts.probe.Probe."""

    def __init__(self, task: Classify, rows: str, most: int, pane: str):
        self.task, self.most, self.pane = task, most, pane
        self.split = task.rows.train if rows == "training" else task.rows.test

    def pictures(self) -> Iterator[Picture]:
        classes = self.task.rows.classes
        if self.split.stored.shape[1:] == (2,) and len(classes) == 2:
            points, targets = self._drawn()
            yield Picture(self.pane, decision_field(self.leaning, points, targets, classes))

    def _drawn(self) -> tuple[Tensor, Tensor]:
        """The points (M, 2) that are drawn, in their order, and their classes (M,)."""
        points, targets = self.split.inputs, self.split.targets
        if not self.most:
            return points, targets
        shown = torch.cat([(targets == k).nonzero()[: self.most, 0] for k in (0, 1)]).sort().values
        return points[shown], targets[shown]

    def leaning(self, plane: Tensor) -> Tensor:
        """plane (N, 2) -> probability of the second class (N,), moved so that a half lies where the threshold does."""
        p, t = self.task.probabilities(plane)[:, 1], self.task.threshold
        return p if t is None else torch.where(p < t, p / (2 * t), 1 - (1 - p) / (2 * (1 - t)))
