"""How far off estimated distances are, as a share of the true ones (Eigen et al. 2014, arXiv:1406.2283)."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from dltui.engine.contracts.dataset import as_floats
from dltui.engine.contracts.task import Picture
from dltui.engine.data.depth_scenes import as_metres
from dltui.engine.tasks.restore import Restore
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Curve, Lines

TASKS = ("restore",)
METRICS = {
    "relative_error": Metric(
        "mean distance of an estimate from the truth, as a share of the truth, over all pixels of the test pictures",
        better="lower", range=(0, None), rows="test",
    ),
    "guess_relative_error": Metric(
        "relative error of a guess that knows the place of a pixel alone: its mean distance in the training pictures",
        better="lower", range=(0, None), rows="test",
    ),
}  # fmt: skip
EDGES = (2, 3, 4, 6, 8, 12, 16, 24, 32, 40)  # metres between which pixels are taken together


def build() -> Callable[[Restore], "DepthError"]:
    """For targets that are nearness, as those of data.kind=depth_scenes."""
    return DepthError


class DepthError:
    """See contracts.probe.Probe."""

    def __init__(self, task: Restore):
        self.task, self.test = task, task.rows.test
        self.metres = as_metres(as_floats(self.test.targets))  # (N, 1, H, W)
        mean = as_floats(task.rows.train.targets).mean(0, keepdim=True)
        self.guess = self._error(mean.expand_as(self.metres))

    def _error(self, nearness: Tensor) -> Tensor:
        """(N, 1, H, W) -> of each pixel (N, 1, H, W)."""
        return (as_metres(nearness) - self.metres).abs() / self.metres

    def evaluate(self) -> dict[str, float]:
        error = self._error(self.task.restore(self.test.inputs))
        return {"relative_error": error.mean().item(), "guess_relative_error": self.guess.mean().item()}

    def pictures(self) -> Iterator[Picture]:
        """The mean error by the true distance."""
        error = self._error(self.task.restore(self.test.inputs))
        band = torch.bucketize(self.metres, torch.tensor(EDGES[1:-1], device=error.device, dtype=error.dtype))
        bands = range(len(EDGES) - 1)
        middles = [(EDGES[number] + EDGES[number + 1]) / 2 for number in bands]
        curves = [
            Curve(name=name, x=middles, y=[values[band == number].mean().item() for number in bands])
            for name, values in (("net", error), ("guess by place", self.guess))
        ]
        yield Picture("by distance", Lines(curves=curves, x_title="true distance, m", y_title="relative error"))
