"""A mask for a click: pixels whose embedding is near that of the clicked ones (Fathi et al. 2017, "Semantic instance
segmentation via deep metric learning"; prompts as in Kirillov et al. 2023, "Segment anything").
"""

import torch
from torch import Tensor, nn

from dltui.engine.models import unet
from dltui.errors import DltuiError, ExitStatus

WITH_CLICK = 4  # red, green, blue and the click


def build(
    *,
    channels: int = 4,
    width: int = 8,
    depth: int = 2,
    embedding: int = 16,
    positions: bool = True,
    prompted: bool = True,
) -> nn.Module:
    """A U-Net gives each pixel of a picture an embedding; a click chooses those that are near its own.

    channels: channels of a picture, 3, and, as the last of them, the click: 4.
    width: channels of the U-Net's first maps, doubled at each step down, at least 1.
    depth: its steps down and up again, at least 1, at most 5. 2^depth divides a picture's sides.
    embedding: numbers of an embedding, at least 1.
    positions: whether the net is told each pixel's place; without, it cannot tell two equal objects apart.
    prompted: whether the click is used; without, each picture has one mask, whatever is clicked.
    """
    if channels != WITH_CLICK:
        what = f"promptable takes colour pictures with a click as their fourth channel; these have {channels} channels."
        raise DltuiError(what, "Set data.kind=clicks.", ExitStatus.USAGE)
    encoder = unet.build(channels=channels - 1 + 2 * positions, classes=embedding, width=width, depth=depth)
    return Promptable(encoder, embedding, positions, prompted)


class Promptable(nn.Module):
    """(B, C + 1, H, W), the last channel 1 at the click -> logits (B, 2, H, W): the rest, the clicked object."""

    def __init__(self, encoder: nn.Module, embedding: int, positions: bool, prompted: bool):
        super().__init__()
        self.encoder, self.positions = encoder, positions
        self.fixed = None if prompted else nn.Parameter(torch.zeros(embedding))
        self.margin = nn.Parameter(torch.ones(()))  # squared distance at which a pixel is as likely in as out

    def embed(self, pictures: Tensor) -> Tensor:
        """pictures (B, C, H, W) -> the embedding of each pixel (B, d, H, W): once for any number of clicks."""
        if not self.positions:
            return self.encoder(pictures)
        return self.encoder(torch.cat([pictures, places(pictures)], 1))

    def forward(self, inputs: Tensor) -> Tensor:
        pictures, click = inputs[:, :-1], inputs[:, -1:]
        e = self.embed(pictures)
        if self.fixed is None:
            q = (e * click).sum((2, 3)) / click.sum((2, 3)).clamp(min=1)  # (B, d): the mean over the clicked pixels
        else:
            q = self.fixed.expand(len(e), -1)
        distance = (e - q[:, :, None, None]).square().sum(1)  # (B, H, W)
        score = (self.margin - distance) / 2
        return torch.stack([-score, score], 1)


def places(pictures: Tensor) -> Tensor:
    """Pictures (B, C, H, W) -> x and y of each pixel in -1..1 (B, 2, H, W) (Liu et al. 2018, "CoordConv")."""
    count, _, height, width = pictures.shape
    x = torch.linspace(-1, 1, width, device=pictures.device, dtype=pictures.dtype).expand(count, 1, height, width)
    y = torch.linspace(-1, 1, height, device=pictures.device, dtype=pictures.dtype)[:, None]
    return torch.cat([x, y.expand(count, 1, height, width)], 1)
