"""Test pictures above what an autoencoder makes of them."""

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
        given = self.task.rows.test.inputs[:SHOWN]
        pairs = torch.cat([given, self.task.reconstruct(given)])
        yield Picture("pairs", montage(pairs, columns=SHOWN, title="above: given, below: rebuilt"))
