"""What an autoencoder makes of pictures with noise: how much nearer it brings them to those without.

Vincent et al. 2008, doi:10.1145/1390156.1390294.
"""

from collections.abc import Callable, Iterator
from functools import partial

import torch

from dltui.engine.contracts.task import Picture, Task
from dltui.engine.pictures.lines import lines
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.restore import psnr
from dltui.recipes.metric import Metric

TASKS = ("autoencode",)
METRICS = {
    "psnr": Metric(
        "peak signal-to-noise ratio of noisy test pictures after the net, their mean",
        better="higher", unit="dB", rows="test",
    ),
    "noisy_psnr": Metric(
        "peak signal-to-noise ratio of noisy test pictures before the net", unit="dB", axis="psnr", rows="test"
    ),
    "gain": Metric("psnr - noisy_psnr: what the net wins", better="higher", unit="dB", progress=True, rows="test"),
}  # fmt: skip
AT_ONCE = 1000  # test pictures
SHOWN = 8
LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)  # of noise, for the curve
SEED = 0  # of the noise: the same each time


def build(*, noise: float = 0.5) -> Callable[[Task], "Denoising"]:
    """Adds Gaussian noise to test pictures and has them reconstructed.

    noise: its standard deviation, above 0, where white is 1.
    """
    return partial(Denoising, noise=noise)


class Denoising:
    """See contracts.probe.Probe."""

    def __init__(self, task: Task, noise: float):
        self.task, self.noise = task, noise
        clean = task.rows.test.inputs[:AT_ONCE]
        drawn = torch.randn(clean.shape, generator=torch.Generator().manual_seed(SEED))
        self.clean, self.drawn = clean, drawn.to(clean.device)

    def _psnr(self, level: float) -> tuple[float, float]:
        """Of test pictures with noise of this standard deviation: before the net, and after it, in dB."""
        given = self.clean + level * self.drawn
        return tuple(psnr(pictures, self.clean).mean().item() for pictures in (given, self.task.reconstruct(given)))

    def evaluate(self) -> dict[str, float]:
        before, after = self._psnr(self.noise)
        return {"psnr": after, "noisy_psnr": before, "gain": after - before}

    def pictures(self) -> Iterator[Picture]:
        clean = self.clean[:SHOWN]
        given = clean + self.noise * self.drawn[:SHOWN]
        rows = {"noisy": given, "restored": self.task.reconstruct(given), "clean": clean}
        sheet = torch.cat(list(rows.values()))
        yield Picture("denoised", montage(sheet, columns=len(clean), row_titles=list(rows)))
        found = [self._psnr(level) for level in LEVELS]
        before, after = zip(*found, strict=True)
        curves = {"noisy": (LEVELS, before), "restored": (LEVELS, after)}
        yield Picture("PSNR by noise", lines(curves, x_title="standard deviation of the noise", y_title="PSNR, dB"))
