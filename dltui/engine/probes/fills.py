"""What fills a hole without learning: the mean of the known pixels, and the smoothest surface through its rim.

The smooth fill is harmonic: each of its pixels is the mean of its four neighbours (Laplace's equation, by relaxation).
"""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor
from torch.nn.functional import pad

from dltui.engine.contracts.dataset import as_floats
from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.restore import Restore, hole
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

TASKS = ("restore",)
METRICS = {
    "mean_psnr": Metric(
        "peak signal-to-noise ratio in the holes, filled with the mean of a picture's known pixels",
        better="higher",
        unit="dB",
        axis="psnr",
        rows="test",
    ),
    "smooth_psnr": Metric(
        "peak signal-to-noise ratio in the holes, filled smoothly from their rims",
        better="higher",
        unit="dB",
        axis="psnr",
        rows="test",
    ),
}
ROWS = ["hole", "mean", "smooth", "net", "truth"]
RELAXED = 4  # sweeps for each pixel of a hole's area, until nothing moves


def build(*, shown: int = 5) -> Callable[[Restore], "Fills"]:
    """For a task with holes: what a net has to be better than.

    shown: pictures that are shown, at least 1.
    """
    return lambda task: Fills(task, shown)


class Fills:
    """See contracts.probe.Probe."""

    def __init__(self, task: Restore, shown: int):
        if not task.holes:
            message = "The probe fills looks at a task that fills holes."
            raise DltuiError(message, "Set task.holes=true, or leave the probe out.", ExitStatus.USAGE)
        self.task, self.shown = task, shown
        inputs = task.rows.test.inputs[:]
        self.mean, self.smooth = mean_filled(inputs), smoothly_filled(inputs)

    def evaluate(self) -> dict[str, float]:
        test = self.task.rows.test
        return {"mean_psnr": self.task.psnr(self.mean, test), "smooth_psnr": self.task.psnr(self.smooth, test)}

    def pictures(self) -> Iterator[Picture]:
        test, some = self.task.rows.test, slice(self.shown)
        given = test.inputs[some]
        targets = as_floats(test.targets[some])
        rows = [given, self.mean[some], self.smooth[some], self.task.restore(given), targets]
        yield Picture("filled", montage(torch.cat(rows), columns=len(given), row_titles=ROWS))


def mean_filled(pictures: Tensor) -> Tensor:
    """Pictures (N, C, H, W) -> the same, the holes of each in the mean colour of its other pixels."""
    holes = hole(pictures)
    known = (~holes).sum((2, 3), keepdim=True).clamp(min=1)
    return torch.where(holes, pictures.sum((2, 3), keepdim=True) / known, pictures)


def smoothly_filled(pictures: Tensor) -> Tensor:
    """Pictures (N, C, H, W) -> the same, each pixel of a hole the mean of its four neighbours."""
    holes, filled = hole(pictures), mean_filled(pictures)
    for _ in range(RELAXED * int(holes.sum((2, 3)).max()) if len(pictures) else 0):
        around = pad(filled, [1] * 4, mode="replicate")
        mean = (around[..., 2:, 1:-1] + around[..., :-2, 1:-1] + around[..., 1:-1, 2:] + around[..., 1:-1, :-2]) / 4
        filled = torch.where(holes, mean, filled)
    return filled
