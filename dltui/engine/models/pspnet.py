"""Pyramid scene parsing (Zhao et al. 2017, "Pyramid scene parsing network", arXiv:1612.01105)."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d, interpolate, max_pool2d

from dltui.engine.layers.convolved import convolved


def build(*, channels: int = 3, classes: int = 2, width: int = 8, levels: list[int] = (1, 2, 3, 6)) -> nn.Module:
    """Maps of a quarter of the picture's size, joined with what is seen in larger and larger parts of it.

    channels: channels of a picture, at least 1.
    classes: number of classes, at least 2.
    width: channels of the first maps, at least 1; the last have four times as many.
    levels: into how many parts the maps are averaged, across and down, each at least 1; none: no pyramid.
    """
    return PSPNet(channels, classes, width, list(levels))


class PSPNet(nn.Module):
    """(B, channels, H, W) -> logits (B, classes, H, W); H and W are at least 4."""

    def __init__(self, channels: int, classes: int, width: int, levels: list[int]):
        super().__init__()
        self.levels = levels
        widths = [channels, width, 2 * width, 4 * width]
        self.features = nn.ModuleList(nn.Sequential(*convolved(*pair)) for pair in pairwise(widths))
        C = widths[-1]
        of_level = max(1, C // len(levels)) if levels else 0  # in the paper a quarter of the channels, with four levels
        self.reduce = nn.ModuleList(nn.Sequential(nn.Conv2d(C, of_level, 1), nn.ReLU()) for _ in levels)
        self.join = nn.Sequential(*convolved(C + len(levels) * of_level, C))
        self.classifier = nn.Conv2d(C, classes, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        maps = self.maps(pictures)
        pyramid = [interpolate(level, size=maps.shape[2:], mode="bilinear") for level in self.pooled(maps)]
        logits = self.classifier(self.join(torch.cat([maps, *pyramid], 1)))
        return interpolate(logits, size=pictures.shape[2:], mode="bilinear")

    def maps(self, pictures: Tensor) -> Tensor:
        """Pictures (B, channels, H, W) -> (B, 4 width, H / 4, W / 4)."""
        maps = self.features[0](pictures)
        for layer in self.features[1:]:
            maps = layer(max_pool2d(maps, 2))
        return maps

    def pooled(self, maps: Tensor) -> list[Tensor]:
        """maps (B, C, h, w) -> of each level n the means of n x n parts, fewer channels (B, C / levels, n, n)."""
        return [reduce(adaptive_avg_pool2d(maps, n)) for n, reduce in zip(self.levels, self.reduce, strict=True)]

    def stages(self, pictures: Tensor) -> list[Tensor]:
        """Pictures (B, channels, H, W) -> the maps of each level of the pyramid, or those that are classified."""
        maps = self.maps(pictures)
        return self.pooled(maps) or [maps]
