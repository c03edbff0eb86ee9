"""The units of an autoencoder's code: how many of them are on for a picture, and what each stands for (Ng 2011, CS294A
lecture notes, "Sparse autoencoder").
"""

from collections.abc import Callable, Iterator

import torch

from dltui.engine.contracts.task import Picture, Task
from dltui.engine.pictures.lines import lines
from dltui.engine.pictures.montage import montage, viewable
from dltui.recipes.metric import Metric

TASKS = ("autoencode",)
METRICS = {
    "near_zero": Metric("share of the code's numbers below 0.1, of test pictures", range=(0, 1), rows="test"),
    "dead_units": Metric(
        "share of the code's units that are below 0.1 for all test pictures",
        better="lower", range=(0, 1), rows="test",
    ),
    "units_on": Metric("mean number of units above 0.1 for a test picture", range=(0, None), rows="test"),
}  # fmt: skip
OFF = 0.1
SHOWN, COLUMNS = 40, 10  # units
BINS = 20


def build() -> Callable[[Task], "CodeUnits"]:
    """For codes in 0..1."""
    return CodeUnits


class CodeUnits:
    """See contracts.probe.Probe."""

    def __init__(self, task: Task):
        self.task = task

    def codes(self) -> torch.Tensor:
        """Of the test pictures (N, latent)."""
        return self.task.embed(self.task.rows.test.inputs)

    def evaluate(self) -> dict[str, float]:
        on = (self.codes().abs() >= OFF).float()
        return {
            "near_zero": 1 - on.mean().item(),
            "dead_units": (on.sum(0) == 0).float().mean().item(),
            "units_on": on.sum(1).mean().item(),
        }

    def pictures(self) -> Iterator[Picture]:
        """What each unit adds to a picture as it goes from 0 to 1, the busiest units first; then the codes' values."""
        codes = self.codes()
        mean = codes.mean(0, keepdim=True)
        busiest = codes.var(0).argsort(descending=True)[:SHOWN]
        low, high = (mean.repeat(len(busiest), 1) for _ in range(2))
        rows = torch.arange(len(busiest), device=codes.device)
        low[rows, busiest], high[rows, busiest] = 0.0, 1.0
        added = viewable(self.task.net.decode(high) - self.task.net.decode(low))
        scale = added.abs().amax((1, 2, 3), keepdim=True).clamp(min=1e-6)
        title = "what a unit adds (white) and takes away (black)"
        yield Picture("units", montage(0.5 + 0.5 * added / scale, columns=COLUMNS, title=title))
        counts = torch.histc(codes.clamp(0, 1), BINS, 0, 1).cpu()
        middles = (torch.arange(BINS) + 0.5) / BINS
        curves = {"share of the code's numbers": (middles, counts / counts.sum())}
        yield Picture("values of the code", lines(curves, x_title="value of a unit", y_title="share"))
