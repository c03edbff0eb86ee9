"""A U-Net whose way up is classified at every level, as a feature pyramid's (Ronneberger et al. 2015; the head as in
Kirillov et al. 2019, "Panoptic feature pyramid networks", arXiv:1901.02446)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from dltui.engine.layers.convolved import convolved
from dltui.engine.models.unet import UNet


def build(*, channels: int = 3, classes: int = 2, width: int = 4, depth: int = 3, level: int = 8) -> nn.Module:
    """The maps of each level of a U-Net's way up, enlarged and joined, are classified.

    channels: channels of a picture, at least 1.
    classes: number of classes, at least 2.
    width: channels of the first maps, doubled at each step down, at least 1.
    depth: steps down and up again, at least 1, at most 5. 2^depth divides a picture's sides.
    level: channels to which each level is brought, at least 1.
    """
    return UNetFPN(channels, classes, width, depth, level)


class UNetFPN(nn.Module):
    """(B, channels, H, W) -> logits (B, classes, H, W)."""

    def __init__(self, channels: int, classes: int, width: int, depth: int, level: int):
        super().__init__()
        self.body = UNet(channels, classes, width, depth, skips=True)
        self.body.classifier = nn.Identity()
        widths = [width << k for k in range(depth, -1, -1)]  # the coarsest first
        self.laterals = nn.ModuleList(nn.Sequential(*convolved(wide, level)) for wide in widths)
        self.classifier = nn.Conv2d(len(widths) * level, classes, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        size = pictures.shape[2:]
        enlarged = [interpolate(level, size=size, mode="bilinear") for level in self.stages(pictures)]
        return self.classifier(torch.cat(enlarged, 1))

    def stages(self, pictures: Tensor) -> list[Tensor]:
        """Pictures (B, channels, H, W) -> the levels, the coarsest first: (B, level, H / 2^k, W / 2^k)."""
        levels = self.body.stages(pictures)
        return [lateral(maps) for lateral, maps in zip(self.laterals, levels, strict=True)]
