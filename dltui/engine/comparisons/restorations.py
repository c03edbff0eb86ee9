"""Test pictures as they are given, what each variant makes of them, and what they are to become, below one another."""

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor

from dltui.engine.contracts.dataset import as_floats
from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.restore import Restore

TASKS = ("restore",)
SAME_ROWS = True
METRICS = {}


def build(*, shown: int = 4, side: int = 0, least: int = 14) -> Callable[[Mapping[str, Restore]], "Restorations"]:
    """In the place of what each variant shows.

    shown: how many test pictures, at least 1.
    side: height and width in pixels of their middle, which alone is shown, at least 0; 0: all of it.
    least: points of the terminal that a picture must have where not all have room, at least 5.
    """
    return lambda tasks: Restorations(tasks, shown, side, least)


class Restorations:
    """See contracts.probe.Comparison."""

    replaces_pictures = True

    def __init__(self, tasks: Mapping[str, Restore], shown: int, side: int, least: int):
        self.tasks, self.shown, self.side, self.least = tasks, shown, side, least

    def pictures(self) -> Iterator[Picture]:
        test = next(iter(self.tasks.values())).rows.test
        given, targets = test.inputs[: self.shown], as_floats(test.targets[: self.shown])
        rows = {
            "given": given, **{name: task.restore(given) for name, task in self.tasks.items()}, "target": targets
        }  # fmt: skip
        channels = max(part.shape[1] for part in rows.values())
        sheet = torch.cat([self._middle(part).expand(-1, channels, -1, -1) for part in rows.values()])
        yield Picture("restored", montage(sheet, columns=len(given), row_titles=list(rows), least=self.least))

    def _middle(self, pictures: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, side, side)."""
        height, width = pictures.shape[2:]
        side = min(self.side or max(height, width), height, width)
        top, left = (height - side) // 2, (width - side) // 2
        return pictures[..., top : top + side, left : left + side]
