"""Network in network: a small net in place of a kernel (Lin, Chen, Yan 2014, arXiv:1312.4400)."""

from typing import Literal

import torch
from torch import Tensor, nn

# of each block the kernel, and the maps that its layers give, times the width; the last layer gives a map a class
BLOCKS = ((5, (6, 5, 3)), (5, (6, 6, 6)), (3, (6, 6)))
DROPOUT = 0.5


def build(
    *,
    pointwise: bool = True,
    head: Literal["average", "linear"] = "average",
    width: int = 4,
    normalized: bool = True,
    channels: int = 3,
    size: int = 32,
    classes: int = 10,
) -> nn.Module:
    """Three blocks, pooling between them; the last gives a map for each class.

    pointwise: whether a block is a convolution and two of 1 x 1; without, one convolution that gives as many maps.
    head: how class maps become logits: average, the mean of each map; linear, a fully connected layer that sees them
        all.
    width: maps of which all layers have a multiple, at least 1; published are 32, with 192 maps in the first layer.
    normalized: whether batch normalization follows each convolution; published in 2014, the year before it, is without,
        and with dropout.
    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 4.
    classes: number of classes, at least 2.
    """
    return NiN(pointwise, head, width, normalized, channels, size, classes)


class NiN(nn.Module):
    """(B, channels, size, size) -> logits (B, classes)."""

    def __init__(
        self, pointwise: bool, head: str, width: int, normalized: bool, channels: int, size: int, classes: int
    ):
        super().__init__()
        self.block = nn.ModuleDict()  # by number, from 1
        ins = channels
        for number, (kernel, multiples) in enumerate(BLOCKS, 1):
            outs = [multiple * width for multiple in multiples] + [classes] * (number == len(BLOCKS))
            self.block[str(number)] = mlpconv(ins, outs if pointwise else outs[-1:], kernel, normalized)
            ins = outs[-1]
        self.pool = nn.MaxPool2d(3, 2, padding=1)
        self.dropout = nn.Identity() if normalized else nn.Dropout(DROPOUT)
        side = ((size + 1) // 2 + 1) // 2
        self.head = nn.Linear(classes * side * side, classes) if head == "linear" else None

    def class_maps(self, pictures: Tensor) -> Tensor:
        """(B, channels, size, size) -> (B, classes, size / 4, size / 4), rounded up: where each class is found."""
        maps = pictures.contiguous(memory_format=torch.channels_last)
        for number, block in self.block.items():
            maps = block(maps)
            if number != str(len(BLOCKS)):
                maps = self.dropout(self.pool(maps))
        return maps

    def forward(self, pictures: Tensor) -> Tensor:
        maps = self.class_maps(pictures)
        return maps.mean((2, 3)) if self.head is None else self.head(maps.flatten(1))


def mlpconv(ins: int, outs: list[int], kernel: int, normalized: bool) -> nn.Sequential:
    """(B, ins, H, W) -> (B, outs[-1], H, W): a convolution, then at each place a small net of 1 x 1 convolutions."""
    layers: list[nn.Module] = []
    for out in outs:
        layers.append(nn.Conv2d(ins, out, kernel, padding=kernel // 2, bias=not normalized))
        layers += [nn.BatchNorm2d(out), nn.ReLU()] if normalized else [nn.ReLU()]
        ins, kernel = out, 1
    return nn.Sequential(*layers)
