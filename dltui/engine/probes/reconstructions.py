"""Test pictures above what an autoencoder makes of them, those of classes that it never saw to the right."""

from collections.abc import Callable, Iterator

import torch

from dltui.engine.contracts.task import Picture, Task
from dltui.engine.pictures.montage import montage

TASKS = ("autoencode",)
METRICS = {}
SHOWN = 10  # pairs


def build() -> Callable[[Task], "Reconstructions"]:
    """For a task that encodes pictures and decodes them again."""
    return Reconstructions


class Reconstructions:
    """See contracts.probe.Probe."""

    def __init__(self, task: Task):
        self.task = task

    def pictures(self) -> Iterator[Picture]:
        test, title = self.task.rows.test, ""
        given = test.inputs[:SHOWN]
        if len(self.task.unseen):
            unseen, title = torch.isin(test.targets, self.task.unseen), "the right half: classes never seen"
            given = torch.cat([test.inputs[of][: SHOWN // 2] for of in (~unseen, unseen)])
        pairs = torch.cat([given, self.task.reconstruct(given)])
        rows = ["given", "rebuilt"]
        yield Picture("pairs", montage(pairs, columns=len(given), row_titles=rows, title=title))
