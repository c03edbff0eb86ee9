"""VGG: nothing but 3 x 3 convolutions, deep (Simonyan and Zisserman 2015, arXiv:1409.1556)."""

from typing import Literal

import torch
from torch import Tensor, nn

LAYERS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}  # table 1: of each block
CHANNELS = (1, 2, 4, 8, 8)  # of each block, times the width


def build(
    *,
    depth: Literal[11, 13, 16, 19] = 16,
    kernel: Literal[3, 5, 7] = 3,
    blocks: int = 5,
    width: int = 8,
    hidden: int = 64,
    normalized: bool = True,
    dropout: float = 0.0,
    channels: int = 3,
    size: int = 32,
    classes: int = 10,
) -> nn.Module:
    """VGG-11, -13, -16 and -19, narrowed.

    depth: layers with weights.
    kernel: 3 as published; with 5, and with 7, one layer of that kernel stands in a block for each two, three, layers
        of 3 x 3 after the first: it sees as much, and the number of channels stays the same.
    blocks: blocks that are kept, from the first, at least 1, at most 5.
    width: channels of the first block, at least 1; published are 64.
    hidden: units of both hidden linear layers, at least 1; published are 4096.
    normalized: whether batch normalization follows each convolution; published in 2014, the year before it, is without.
    dropout: share of the hidden units that are dropped in training, at least 0, below 1; published is 0.5.
    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 8.
    classes: number of classes, at least 2.
    """
    return VGG(depth, kernel, blocks, width, hidden, normalized, dropout, channels, size, classes)


class VGG(nn.Module):
    """(B, channels, size, size) -> logits (B, classes)."""

    def __init__(
        self, depth: int, kernel: int, blocks: int, width: int, hidden: int, normalized: bool, dropout: float,
        channels: int, size: int, classes: int,
    ):  # fmt: skip
        super().__init__()
        self.block = nn.ModuleDict()  # by number, from 1
        ins = channels
        for number, (layers, wide) in enumerate(zip(LAYERS[depth][:blocks], CHANNELS, strict=False), 1):
            self.block[str(number)] = block(ins, wide * width, kernels(layers, kernel), normalized)
            ins = wide * width
        side = size // 2**blocks
        self.head = nn.Sequential(
            nn.Linear(ins * side * side, hidden), nn.ReLU(), nn.Dropout(dropout),
            nn.Linear(hidden, hidden), nn.ReLU(), nn.Dropout(dropout),
            nn.Linear(hidden, classes),
        )  # fmt: skip
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, pictures: Tensor) -> Tensor:
        maps = pictures.contiguous(memory_format=torch.channels_last)
        for layers in self.block.values():
            maps = layers(maps)  # (B, wide, s, s), half of s at each block
        return self.head(maps.flatten(1))


def kernels(layers: int, kernel: int) -> list[int]:
    """The kernels of a block of `layers` layers of 3 x 3, those after the first gathered into larger ones.

    n layers of 3 x 3 in a row see 2 n + 1 pixels in a row, as one of n + n + 1 does.
    """
    gathered, left = divmod(layers - 1, (kernel - 1) // 2)
    return [3, *[kernel] * gathered, *[3] * left]


def block(ins: int, out: int, kernels: list[int], normalized: bool) -> nn.Sequential:
    """(B, ins, s, s) -> (B, out, s / 2, s / 2): convolutions that keep the size, then max pooling."""
    layers: list[nn.Module] = []
    for kernel in kernels:
        layers.append(nn.Conv2d(ins, out, kernel, padding=kernel // 2, bias=not normalized))
        layers += [nn.BatchNorm2d(out), nn.ReLU()] if normalized else [nn.ReLU()]
        ins = out
    return nn.Sequential(*layers, nn.MaxPool2d(2))
