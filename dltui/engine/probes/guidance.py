"""Samples of each class without guidance, with some and with much: the more, the surer the class, and the more alike
they are (Ho and Salimans 2022, arXiv:2207.12598).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import torch

from dltui.engine.contracts.task import Picture, Task
from dltui.engine.pictures.montage import montage
from dltui.engine.probes.class_agreement import ClassAgreement
from dltui.recipes.metric import Metric

TASKS = ("diffuse",)
METRICS = {
    "none_agreement": Metric(
        "share of the samples without guidance that the 5 nearest training rows take for the class asked for",
        better="higher", range=(0, 1), progress=True, rows="train",
    ),
    "some_agreement": Metric(
        "share of the samples with some guidance that the 5 nearest training rows take for the class asked for",
        better="higher", range=(0, 1), axis="none_agreement", rows="train",
    ),
    "much_agreement": Metric(
        "share of the samples with much guidance that the 5 nearest training rows take for the class asked for",
        better="higher", range=(0, 1), axis="none_agreement", rows="train",
    ),
    "none_spread": Metric(
        "mean distance of two samples of one class without guidance over that of two test rows of it",
        range=(0, None), rows="test",
    ),
    "some_spread": Metric(
        "mean distance of two samples of one class with some guidance over that of two test rows of it",
        range=(0, None), axis="none_spread", rows="test",
    ),
    "much_spread": Metric(
        "mean distance of two samples of one class with much guidance over that of two test rows of it",
        range=(0, None), axis="none_spread", rows="test",
    ),
}  # fmt: skip
ROWS = 2  # of samples for each weight


def build(*, some: float = 1.0, much: float = 4.0, samples: int = 1000) -> Callable[[Task], "Guidance"]:
    """For a net that is told classes; its own guidance stays as it is.

    some: weight w of some guidance, at least 0.
    much: weight w of much guidance, at least 0.
    samples: samples drawn each time and for each weight, as many of each class, at least 50.
    """
    return partial(Guidance, weights={"none": 0.0, "some": some, "much": much}, samples=samples)


class Guidance:
    """See contracts.probe.Probe. The samples of all weights come from the same noise."""

    def __init__(self, task: Task, weights: dict[str, float], samples: int):
        self.task, self.weights = task, weights
        self.looks = ClassAgreement(task, samples)

    @contextmanager
    def _guided(self, weight: float) -> Iterator[None]:
        own, self.task.guidance = self.task.guidance, weight
        try:
            yield
        finally:
            self.task.guidance = own

    def evaluate(self) -> dict[str, float]:
        found = {}
        for name, weight in self.weights.items():
            with self._guided(weight):
                seen = self.looks.evaluate()
            found |= {f"{name}_{metric}": seen[metric] for metric in ("agreement", "spread") if metric in seen}
        return found

    def pictures(self) -> Iterator[Picture]:
        """A column for each class, ROWS rows for each weight: one noise stands in the same place of all weights."""
        classes = len(self.task.rows.classes)
        labels = torch.arange(classes, device=self.task.device).repeat(ROWS)
        sheets = []
        for weight in self.weights.values():
            with self._guided(weight):
                sheets.append(self.task.sample_classes(labels, torch.Generator(self.task.device).manual_seed(0)))
        titles = [f"w = {weight:g}" for weight in self.weights.values() for _ in range(ROWS)]
        yield Picture("guidance", montage(torch.cat(sheets), columns=classes, row_titles=titles))
