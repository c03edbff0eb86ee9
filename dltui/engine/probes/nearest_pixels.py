"""Nearest neighbours by pixels (Cover and Hart 1967), beside a net: what a memory of all training pictures is worth."""

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import NamedTuple

import torch
from torch import Tensor

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.classify import Classify
from dltui.recipes.metric import Metric

TASKS = ("classify",)
METRICS = {
    "neighbour_accuracy": Metric(
        "share of the test rows that have the class of the training row with the nearest pixels",
        range=(0, 1),
        rows="test",
    ),
    "neighbour_train_accuracy": Metric(
        "share of the training rows that have the class of the training row with the nearest pixels, themselves",
        range=(0, 1),
        axis="neighbour_accuracy",
        rows="train",
    ),
}
COLUMNS = 4  # two pairs
AT_ONCE = 200  # rows that are looked for together
LEAST = 10  # points of the terminal that a picture must have


def build(*, rows: int = 4000, shown: int = 6) -> Callable[[Classify], "NearestPixels"]:
    """The first training rows are remembered; a test row gets the class of the nearest of them.

    rows: training rows that are remembered at most, at least 1.
    shown: test pictures that the picture shows, each before its neighbour, at least 1.
    """
    return partial(NearestPixels, rows=rows, shown=shown)


class Neighbours(NamedTuple):
    """Numbers of the remembered rows that are nearest."""

    of_test: Tensor  # (N,)
    of_train: Tensor  # (M,) of the remembered rows themselves, at most as many as there are test rows


class NearestPixels:
    """See contracts.probe.Probe. What is nearest does not depend on the net, and is found once."""

    def __init__(self, task: Classify, rows: int, shown: int):
        self.task, self.rows, self.shown = task, task.rows.pictures().labelled(), shown
        self.count = min(rows, len(self.rows.train))

    @cached_property
    def remembered(self) -> tuple[Tensor, Tensor]:
        """Pictures (M, C, H, W) and their classes (M,)."""
        return self.rows.train.inputs[: self.count], self.rows.train.targets[: self.count]

    @cached_property
    def neighbours(self) -> Neighbours:
        pictures, test = self.remembered[0], self.rows.test.inputs
        return Neighbours(nearest(test, pictures), nearest(pictures[: len(test)], pictures))

    def evaluate(self) -> dict[str, float]:
        classes, (of_test, of_train) = self.remembered[1], self.neighbours
        return {
            "neighbour_accuracy": _share(classes[of_test] == self.rows.test.targets),
            "neighbour_train_accuracy": _share(classes[of_train] == classes[: len(of_train)]),
        }

    def pictures(self) -> Iterator[Picture]:
        """Test pictures, after each the training picture with the nearest pixels; classes of both, and by the net."""
        test, (pictures, classes) = self.rows.test, self.remembered
        of_test, names = self.neighbours.of_test[: self.shown], self.rows.classes
        predicted = self.task.predictions(self.task.net(test.inputs[: self.shown]))
        tests = [
            f"{names[truth]}, net {names[by_net]}"
            for truth, by_net in zip(test.targets[: self.shown].tolist(), predicted.tolist(), strict=True)
        ]
        neighbours = [f"nearest {names[number]}" for number in classes[of_test].tolist()]
        captions = [caption for pair in zip(tests, neighbours, strict=True) for caption in pair]
        sheet = torch.stack([test.inputs[: self.shown], pictures[of_test]], 1).flatten(0, 1)
        yield Picture("nearest pixels", montage(sheet, columns=COLUMNS, captions=captions, least=LEAST))


def nearest(pictures: Tensor, among: Tensor) -> Tensor:
    """Pictures (N, ...) -> the number of the nearest of `among` (M, ...) to each (N,), by the sum of squares."""
    points = among.flatten(1)
    return torch.cat([torch.cdist(part.flatten(1), points).argmin(1) for part in pictures.split(AT_ONCE)])


def _share(right: Tensor) -> float:
    return right.float().mean().item()
