"""Restoration: from a picture to the picture that it is to become, pixel by pixel."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import mse_loss

from dltui.engine.contracts.dataset import as_floats
from dltui.engine.contracts.rows import RowSplit
from dltui.engine.contracts.task import Context, Objective
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

PARTS = ("loss",)
PROBES = ("restorations",)
METRICS = {
    "loss": Metric("training loss of a batch", better="lower", progress=True, rows="train"),
    "psnr": Metric(
        "peak signal-to-noise ratio of restored test pictures, their mean; in holes alone where there are some",
        better="higher",
        unit="dB",
        rows="test",
    ),
    "input_psnr": Metric(
        "peak signal-to-noise ratio of the test pictures as they are given", unit="dB", axis="psnr", rows="test"
    ),
    "gain": Metric("psnr - input_psnr: what restoring wins", better="higher", unit="dB", rows="test"),
}
AT_ONCE = 100  # pictures that go through the net together
LEAST_ERROR = 1e-10  # of a picture, mean squared: 100 dB


def build(*, holes: bool = False) -> Callable[[Context], "Restore"]:
    """The sigmoid of what the net gives is compared with the target pictures, by the mean squared error or a loss.

    holes: whether only what is black in every channel of a picture is restored; all else is kept as it is.
    """
    return partial(Restore, holes=holes)


class Restore:
    """A net as contracts.models.Restorer says."""

    def __init__(self, context: Context, holes: bool):
        self.net, self.rows, self.holes = context.nets["model"], context.rows.target_pictures(), holes
        self.criterion = context.loss or mse_loss
        given, wanted = self.rows.train.stored.shape[1], self.rows.train.targets.shape[1]
        self.alike = given == wanted
        if holes and not self.alike:
            raise DltuiError(
                f"task.holes keeps the pixels of a picture; it has {given} channels, and its target {wanted}.",
                "Leave task.holes out, or take data with holes, such as data.kind=holes.",
                ExitStatus.USAGE,
            )
        if holes and not hole(self.rows.test.inputs[:AT_ONCE]).any():
            message = "task.holes restores black pixels; the test pictures have none."
            raise DltuiError(message, "Leave task.holes out, or take data.kind=holes.", ExitStatus.USAGE)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> scalar."""
        train = self.rows.train
        return self.criterion(self.restored(train.batch(rows)), as_floats(train.targets[rows]))

    def restored(self, inputs: Tensor) -> Tensor:
        """inputs (B, C, H, W) -> what they become (B, T, H, W), in 0..1."""
        pictures = self.net(inputs).sigmoid()
        return torch.where(hole(inputs), pictures, inputs) if self.holes else pictures

    def restore(self, inputs: Tensor) -> Tensor:
        """inputs (N, C, H, W) -> (N, T, H, W), some at a time."""
        return torch.cat([self.restored(part) for part in inputs.split(AT_ONCE)])

    def psnr(self, pictures: Tensor, rows: RowSplit) -> float:
        """Mean PSNR of pictures (N, T, H, W) in the place of the rows' targets: in the holes, where there are some."""
        where = hole(rows.inputs) if self.holes else None
        return psnr(pictures, as_floats(rows.targets), where).mean().item()

    def evaluate(self) -> dict[str, float]:
        test = self.rows.test
        found = {"psnr": self.psnr(self.restore(test.inputs), test)}
        if self.holes or not self.alike:
            return found
        given = self.psnr(test.inputs, test)
        return {**found, "input_psnr": given, "gain": found["psnr"] - given}


def hole(pictures: Tensor) -> Tensor:
    """pictures (N, C, H, W) -> whether a pixel is black in every channel (N, 1, H, W) bool."""
    return (pictures == 0).all(1, keepdim=True)


def psnr(pictures: Tensor, targets: Tensor, where: Tensor | None = None) -> Tensor:
    """Pictures and targets (N, C, H, W) in 0..1 -> -10 log10 of each one's mean squared error, (N,) dB.

    where: the pixels that count (N, 1, H, W) bool; all where it is None. A picture without one has 100 dB.
    """
    error = (pictures - targets).square()
    if where is None:
        return -10 * error.mean((1, 2, 3)).clamp(min=LEAST_ERROR).log10()
    counted = where.sum((1, 2, 3)) * error.shape[1]
    return -10 * ((error * where).sum((1, 2, 3)) / counted.clamp(min=1)).clamp(min=LEAST_ERROR).log10()


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """The net gives as many channels as the targets have."""
    return {"classes": facts["target_channels"]} if "target_channels" in facts else {}


def output_shape(role: str, facts: dict[str, int]) -> tuple[int | None, ...]:
    """Logits (B, channels of the targets, H, W)."""
    return (facts["classes"], None, None)
