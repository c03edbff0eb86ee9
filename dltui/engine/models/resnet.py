"""Residual networks (He et al. 2016, "Deep residual learning for image recognition", arXiv:1512.03385)."""

from typing import Literal

import torch
from torch import Tensor, nn

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}  # table 1 of the paper: blocks of each stage
EXPANSION = 4  # a bottleneck ends this much wider than its middle


def build(
    *,
    depth: Literal[18, 34, 50] = 18,
    width: int = 16,
    stages: int = 4,
    stem: Literal["imagenet", "half", "full"] = "half",
    skips: bool = True,
    channels: int = 3,
    classes: int = 10,
) -> nn.Module:
    """ResNet-18 and -34 of basic blocks, ResNet-50 of bottlenecks, narrowed.

    depth: layers with weights when all four stages are there.
    width: channels of the first stage, doubled at each further one, at least 1; published are 64.
    stages: stages that are kept, from the first, at least 1, at most 4.
    stem: how the picture enters: imagenet, 7 x 7 with stride 2 and pooling, a quarter of the size; half, 3 x 3 with
        stride 2; full, 3 x 3 with stride 1.
    skips: whether a block adds what came in to what it made of it; without, the net is a plain one.
    channels: channels of a picture, at least 1.
    classes: number of classes, at least 2.
    """
    return ResNet(depth, width, stages, stem, skips, channels, classes)


class ResNet(nn.Module):
    """(B, channels, H, W) -> logits (B, classes)."""

    def __init__(self, depth: int, width: int, stages: int, stem: str, skips: bool, channels: int, classes: int):
        super().__init__()
        block, widening = (bottleneck, EXPANSION) if depth == 50 else (basic, 1)
        self.stem = _stem(stem, channels, width)
        self.stages = nn.ModuleList()
        wide = width
        for stage, blocks in enumerate(BLOCKS[depth][:stages]):
            middle = width * 2**stage
            out = middle * widening
            first = block(wide, middle, out, 2 if stage else 1, skips)
            self.stages.append(nn.Sequential(first, *(block(out, middle, out, 1, skips) for _ in range(blocks - 1))))
            wide = out
        self.head = nn.Linear(wide, classes)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")

    @property
    def parts(self) -> list[nn.Module]:
        """From the input to the head, as fine-tuning lets them learn."""
        return [self.stem, *self.stages, self.head]

    def features(self, pictures: Tensor) -> Tensor:
        """(B, channels, H, W) -> the last stage's maps, each averaged over the picture (B, wide)."""
        maps = self.stem(pictures.contiguous(memory_format=torch.channels_last))
        for stage in self.stages:
            maps = stage(maps)  # (B, wide, s, s), half of s at each stage but the first
        return maps.mean((2, 3))

    def forward(self, pictures: Tensor) -> Tensor:
        return self.head(self.features(pictures))


class Residual(nn.Module):
    """y = relu(F(x) + x), or relu(F(x)) without skips; where the shape changes, a 1 x 1 convolution carries x over.

    A block that is not `active` is taken out: it hands x on.
    """

    def __init__(self, residual: nn.Module, ins: int, out: int, stride: int, skips: bool):
        super().__init__()
        self.residual, self.active = residual, True
        self.skip: nn.Module | None = None
        if skips:
            self.skip = nn.Identity() if (ins, stride) == (out, 1) else _normalised(ins, out, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        if not self.active:
            return x
        y = self.residual(x)
        return torch.relu(y if self.skip is None else y + self.skip(x))


def basic(ins: int, middle: int, out: int, stride: int, skips: bool) -> Residual:
    """A block of two 3 x 3 convolutions (figure 2)."""
    residual = nn.Sequential(_normalised(ins, middle, 3, stride), nn.ReLU(), _normalised(middle, out, 3))
    return Residual(residual, ins, out, stride, skips)


def bottleneck(ins: int, middle: int, out: int, stride: int, skips: bool) -> Residual:
    """A block that narrows, looks, and widens again: 1 x 1, 3 x 3, 1 x 1 (figure 5).

    The stride is the middle's, as in every implementation since: in the paper the first drops three pixels of four.
    """
    residual = nn.Sequential(
        _normalised(ins, middle, 1), nn.ReLU(),
        _normalised(middle, middle, 3, stride), nn.ReLU(),
        _normalised(middle, out, 1),
    )  # fmt: skip
    return Residual(residual, ins, out, stride, skips)


def _normalised(ins: int, out: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """A convolution that keeps the size but for its stride, and batch normalisation."""
    convolution = nn.Conv2d(ins, out, kernel, stride, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out))


def _stem(kind: str, channels: int, width: int) -> nn.Sequential:
    if kind == "imagenet":
        return nn.Sequential(_normalised(channels, width, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, padding=1))
    return nn.Sequential(_normalised(channels, width, 3, 2 if kind == "half" else 1), nn.ReLU())
