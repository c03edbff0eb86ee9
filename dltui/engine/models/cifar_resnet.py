"""Plain and residual nets of 6 n + 2 layers for small pictures (He et al. 2016, "Deep residual learning for image
recognition", arXiv:1512.03385, section 4.2): a skip has no weights, so both kinds have the same number of them."""

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from dltui.errors import DltuiError, ExitStatus

STAGES = 3
PER_BLOCK = 2  # convolutions


def build(
    *, depth: int = 20, skips: bool = True, width: int = 16, stride: int = 1, channels: int = 3, classes: int = 10
) -> nn.Module:
    """A convolution, three stages of n blocks of two convolutions, the mean of each map, a linear layer.

    depth: layers with weights, 6 n + 2, at least 8; published are 20, 32, 44, 56 and 110.
    skips: whether a block adds what came in to what it made of it; without, the net is a plain one.
    width: channels of the first stage, doubled at each further one, at least 1; published are 16.
    stride: of the first convolution, at least 1; published is 1.
    channels: channels of a picture, at least 1.
    classes: number of classes, at least 2.
    """
    blocks, left = divmod(depth - 2, PER_BLOCK * STAGES)
    if left:
        nearest = [PER_BLOCK * STAGES * n + 2 for n in (blocks, blocks + 1) if n]
        what = f"model.depth: {depth} is not 6 n + 2, the layers of three stages of n blocks."
        raise DltuiError(what, f"Set model.depth={nearest[-1]}.", ExitStatus.USAGE)
    return CifarResNet(blocks, skips, width, stride, channels, classes)


class CifarResNet(nn.Module):
    """(B, channels, H, W) -> logits (B, classes)."""

    def __init__(self, blocks: int, skips: bool, width: int, stride: int, channels: int, classes: int):
        super().__init__()
        self.stem = nn.Sequential(_normalised(channels, width, stride), nn.ReLU())
        self.stages = nn.ModuleList()
        ins = width
        for stage in range(STAGES):
            out = width * 2**stage
            first = Block(ins, out, 2 if stage else 1, skips)
            self.stages.append(nn.Sequential(first, *(Block(out, out, 1, skips) for _ in range(blocks - 1))))
            ins = out
        self.head = nn.Linear(ins, classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, pictures: Tensor) -> Tensor:
        maps = self.stem(pictures.contiguous(memory_format=torch.channels_last))
        for stage in self.stages:
            maps = stage(maps)  # (B, out, s, s), half of s at each stage but the first
        return self.head(maps.mean((2, 3)))


class Block(nn.Module):
    """y = relu(F(x) + x), or relu(F(x)) without skips. (B, ins, s, s) -> (B, out, s / stride, s / stride)."""

    def __init__(self, ins: int, out: int, stride: int, skips: bool):
        super().__init__()
        self.residual = nn.Sequential(_normalised(ins, out, stride), nn.ReLU(), _normalised(out, out))
        self.skips, self.stride, self.added = skips, stride, out - ins

    def forward(self, x: Tensor) -> Tensor:
        y = self.residual(x)
        if self.skips:
            x = x[:, :, :: self.stride, :: self.stride]
            y = y + pad(x, (0, 0, 0, 0, 0, self.added))  # new channels get 0 (option A of the paper)
        return torch.relu(y)


def _normalised(ins: int, out: int, stride: int = 1) -> nn.Sequential:
    """A 3 x 3 convolution that keeps the size but for its stride, and batch normalization."""
    return nn.Sequential(nn.Conv2d(ins, out, 3, stride, padding=1, bias=False), nn.BatchNorm2d(out))
