"""How far away a pixel's class is decided: the pixels whose change moves the scores of the one in the middle (Luo et
al. 2016, arXiv:1701.04128).
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from dltui.engine.algorithms.receptive_field import extent, slopes_of
from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.segment import Segment
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Box

TASKS = ("segment",)
METRICS = {
    "reach": Metric(
        "pixels along a side of what moves the scores of the pixel in the middle, on the first test pictures",
        better="higher",
        range=(0, None),
        whole=True,
        unit="px",
        rows="test",
    ),
}
PICTURES = 16  # a ReLU that is off hides a way in one of them
LEAST = 12  # points of the terminal that a picture must have


def build() -> Callable[[Segment], "Reach"]:
    """Of the pixel in the middle of the first test pictures; of a thing in the first one it is drawn."""
    return Reach


class Reach:
    """See contracts.probe.Probe."""

    def __init__(self, task: Segment):
        self.task, self.inputs = task, task.rows.test.inputs[:PICTURES]

    def evaluate(self) -> dict[str, float]:
        middle = self.inputs.shape[-1] // 2
        first, _, last, _ = extent(slopes_of(self.task.net, self.inputs, middle, middle).sum(0))
        return {"reach": last - first + 1}

    def pictures(self) -> Iterator[Picture]:
        """The first test picture, and by how much each pixel moves the scores of a thing's middle; its extent as a box.

        Gradients are drawn by their square root: a pixel that counts a hundredth can still be seen.
        """
        first = self.inputs[:1]
        row, column = middle_of(self.task.rows.test.targets[0] > 0)
        slopes = slopes_of(self.task.net, first, row, column)  # (1, H, W)
        bright = (slopes / slopes.amax().clamp(min=1e-12)).sqrt()[:, None].expand_as(first)
        top, left, bottom, right = extent(slopes[0])
        box = [left, top, right + 1, bottom + 1]
        boxes = [Box(cell=cell, box=box, colour=0).table() for cell in (0, 1)]
        sheet = montage(torch.cat([first, bright]), columns=2, captions=["input", "gradient"], least=LEAST)
        yield Picture("reach", sheet | {"type": "boxes", "boxes": boxes, "classes": ["moves it"]})


def middle_of(inside: Tensor) -> tuple[int, int]:
    """inside (H, W) bool -> row and column of the middle of what is True, of the whole where nothing is."""
    places = (inside if inside.any() else torch.ones_like(inside)).nonzero().float()
    row, column = places.mean(0).round().int().tolist()
    return row, column
