"""PixelCNN (van den Oord, Kalchbrenner, Kavukcuoglu 2016, arXiv:1601.06759)."""

from typing import Literal

import torch
from torch import Tensor, nn


def build(*, levels: int = 4, width: int = 24, blocks: int = 4) -> nn.Module:
    """Masked convolutions: what is predicted of a pixel depends on those above it and to the left of it.

    levels: shades of grey that a pixel can have, at least 2.
    width: channels of the hidden layers, at least 1.
    blocks: residual blocks after the first layer, at least 1.
    """
    return PixelCNN(levels, width, blocks)


class MaskedConv2d(nn.Conv2d):
    """A convolution that sees the rows above and what is to the left; with mask B also the pixel itself."""

    def __init__(self, channels_in: int, channels_out: int, kernel: int, mask: Literal["A", "B"]):
        super().__init__(channels_in, channels_out, kernel, padding=kernel // 2)
        open_ = torch.zeros(kernel, kernel)
        open_[: kernel // 2] = 1
        open_[kernel // 2, : kernel // 2 + (mask == "B")] = 1
        self.register_buffer("mask", open_, persistent=False)

    def forward(self, maps: Tensor) -> Tensor:
        return self._conv_forward(maps, self.weight * self.mask, self.bias)


class PixelCNN(nn.Module):
    """Pictures (B, 1, H, W) in 0..1 -> logits (B, levels, H, W) of each pixel, given the pixels before it."""

    def __init__(self, levels: int, width: int, blocks: int):
        super().__init__()
        self.levels = levels
        self.first = MaskedConv2d(1, width, 7, "A")  # A: a pixel must not see itself
        self.blocks = nn.ModuleList(MaskedConv2d(width, width, 3, "B") for _ in range(blocks))
        self.head = nn.Conv2d(width, levels, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        maps = self.first(pictures)  # (B, width, H, W)
        for block in self.blocks:
            maps = maps + block(maps.relu())
        return self.head(maps.relu())
