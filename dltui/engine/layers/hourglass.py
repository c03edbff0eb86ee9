"""A body that goes down to coarse maps and back up: maps of a quarter of the picture's size that know the whole.

Newell, Yang, Deng 2016, "Stacked hourglass networks", arXiv:1603.06937, of one stack and two levels; maps are joined.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d

from dltui.engine.layers.convolved import convolved


class Hourglass(nn.Module):
    """Pictures (N, channels, H, W) -> maps (N, 4 width, H / 4, W / 4), at least 0; H and W are multiples of 16."""

    def __init__(self, channels: int, width: int):
        super().__init__()
        widths = [channels, width, 2 * width, 4 * width, 4 * width, 4 * width]
        self.down = nn.ModuleList(
            nn.Sequential(*convolved(before, after)) for before, after in pairwise(widths)
        )  # at 1, 1/2, 1/4, 1/8 and 1/16 of the size
        self.deepest = nn.Sequential(*convolved(4 * width, 4 * width))
        self.narrowed = nn.ModuleList(nn.Conv2d(4 * width, 2 * width, 1) for _ in range(2))
        self.joined = nn.ModuleList(nn.Sequential(*convolved(6 * width, 4 * width)) for _ in range(2))

    def forward(self, pictures: Tensor) -> Tensor:
        return self.levels(pictures)[-1]

    def levels(self, pictures: Tensor) -> list[Tensor]:
        """The maps of a 16th, an eighth and a quarter of the size, each (N, 4 width, h, w)."""
        maps, found = pictures, []
        for number, level in enumerate(self.down):
            maps = level(max_pool2d(maps, 2) if number else maps)
            found.append(maps)
        up = [self.deepest(found.pop())]
        for narrowed, joined in zip(self.narrowed, self.joined, strict=True):
            above = interpolate(narrowed(up[-1]), scale_factor=2.0)
            up.append(joined(torch.cat([found.pop(), above], 1)))
        return up
