"""Test pictures as they are given, above what is made of them, above what they are to become."""

from collections.abc import Callable, Iterator

import torch

from dltui.engine.contracts.dataset import as_floats
from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage, viewable
from dltui.engine.tasks.restore import Restore

TASKS = ("restore",)
METRICS = {}


def build(*, shown: int = 4) -> Callable[[Restore], "Restorations"]:
    """Triples of pictures.

    shown: how many triples, at least 1.
    """
    return lambda task: Restorations(task, shown)


class Restorations:
    """See contracts.probe.Probe."""

    def __init__(self, task: Restore, shown: int):
        self.task, self.shown = task, shown

    def pictures(self) -> Iterator[Picture]:
        test = self.task.rows.test
        given, targets = test.inputs[: self.shown], as_floats(test.targets[: self.shown])
        rows = [viewable(part) for part in (given, self.task.restore(given), targets)]
        channels = max(part.shape[1] for part in rows)
        sheet = torch.cat([part.expand(-1, channels, -1, -1) for part in rows])
        yield Picture("triples", montage(sheet, columns=len(given), row_titles=["given", "restored", "target"]))
