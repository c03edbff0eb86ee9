"""Binarisation by a threshold of its own for every pixel, learned: T = a + b m + c s, by mean m and deviation s of the
pixels around it, as Niblack 1986 has it with a = 0 and b = 1; Sauvola and Pietikainen 2000, "Adaptive document image
binarization", multiply m and s."""

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, pad

from dltui.errors import DltuiError, ExitStatus

SLOPE = 20.0  # at first, of the sigmoid by the distance from the threshold
START = 0.5  # the threshold at first, of light in 0..1


def build(*, window: int = 0) -> nn.Module:
    """A threshold in the light of a pixel: what is brighter becomes white, what is darker black.

    window: side in pixels of the square whose mean and deviation the threshold follows, odd, at least 0; 0: one
        threshold for all pixels.
    """
    if window and not window % 2:
        raise DltuiError(f"model.window {window} has no middle.", f"Take {window + 1}.", ExitStatus.USAGE)
    return Threshold(window)


class Threshold(nn.Module):
    """Pictures (B, C, H, W) in 0..1 -> logits (B, C, H, W): k (x - T)."""

    def __init__(self, window: int):
        super().__init__()
        self.window = window
        self.a = nn.Parameter(torch.tensor(0.0 if window else START))
        self.log_k = nn.Parameter(torch.tensor(SLOPE).log())
        if window:
            self.b, self.c = nn.Parameter(torch.tensor(1.0)), nn.Parameter(torch.tensor(0.0))

    def forward(self, pictures: Tensor) -> Tensor:
        threshold = self.a
        if self.window:
            mean, deviation = around(pictures, self.window)
            threshold = self.a + self.b * mean + self.c * deviation  # (B, C, H, W)
        return self.log_k.exp() * (pictures - threshold)


def around(pictures: Tensor, window: int) -> tuple[Tensor, Tensor]:
    """Pictures (B, C, H, W) -> mean and deviation of the window around each pixel, both (B, C, H, W); beyond the edge
    the picture is mirrored."""
    if window // 2 >= min(pictures.shape[2:]):
        what = f"model.window {window} is too wide for pictures of {pictures.shape[2]} x {pictures.shape[3]} pixels."
        raise DltuiError(what, f"Take at most {2 * min(pictures.shape[2:]) - 1}.", ExitStatus.USAGE)
    mirrored = pad(pictures, [window // 2] * 4, mode="reflect")
    mean = avg_pool2d(mirrored, window, 1)
    return mean, (avg_pool2d(mirrored**2, window, 1) - mean**2).clamp(min=1e-8).sqrt()
