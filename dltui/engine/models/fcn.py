"""Fully convolutional networks (Long, Shelhamer, Darrell 2015, arXiv:1411.4038)."""

from typing import Literal

from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d

from dltui.engine.layers.convolved import convolved
from dltui.errors import DltuiError, ExitStatus

COARSEST = 16  # pixels of a side that one score of the last map stands for; in the paper 32


def build(*, channels: int = 3, classes: int = 2, width: int = 8, finest: Literal[16, 8, 4, 1] = 4) -> nn.Module:
    """A class for every pixel by convolutions alone: of pictures of any size, there is no dense layer.

    channels: channels of a picture, at least 1.
    classes: number of classes, at least 2.
    width: channels of the first maps, at least 1; deeper ones have up to four times as many.
    finest: pixels from score to score of the finest map that is scored: 16, 8 and 4 are FCN-32s, -16s and -8s of the
        paper; 1: nothing is ever compressed.
    """
    return FullSize(channels, classes, width) if finest == 1 else FCN(channels, classes, width, finest)


class FCN(nn.Module):
    """(B, channels, H, W) -> logits (B, classes, H, W): maps are compressed, scored, and the scores enlarged."""

    def __init__(self, channels: int, classes: int, width: int, finest: int):
        super().__init__()
        widths = [channels, width, 2 * width, 4 * width, 4 * width, 4 * width]
        self.features = nn.ModuleList(map(block, widths[:-1], widths[1:]))  # at 1, 1/2, 1/4, 1/8 and 1/16 of the size
        scored = range(COARSEST.bit_length() - 1, finest.bit_length() - 2, -1)  # levels, the coarsest first
        self.scores = nn.ModuleList(nn.Conv2d(widths[level + 1], classes, 1) for level in scored)

    def forward(self, pictures: Tensor) -> Tensor:
        if min(pictures.shape[2:]) < COARSEST:
            what = f"fcn needs pictures of at least {COARSEST} pixels; these have {min(pictures.shape[2:])}."
            raise DltuiError(what, "Set data.size higher, or model.finest=1.", ExitStatus.USAGE)
        maps, levels = pictures, []
        for level, features in enumerate(self.features):
            maps = features(max_pool2d(maps, 2) if level else maps)
            levels.append(maps)
        logits = None
        for score in self.scores:
            finer = score(levels.pop())
            logits = finer if logits is None else finer + enlarged(logits, finer.shape[2:])
        return enlarged(logits, pictures.shape[2:])


class FullSize(nn.Module):
    """(B, channels, H, W) -> logits (B, classes, H, W): as many layers, each as large as the picture."""

    def __init__(self, channels: int, classes: int, width: int):
        super().__init__()
        widths = [channels, width, 2 * width, 4 * width, 4 * width, 4 * width]
        self.features = nn.Sequential(*map(block, widths[:-1], widths[1:]))
        self.score = nn.Conv2d(widths[-1], classes, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.score(self.features(pictures))


def block(inputs: int, outputs: int) -> nn.Module:
    """A 3x3 convolution that keeps the size, normalised and rectified."""
    return nn.Sequential(*convolved(inputs, outputs))


def enlarged(scores: Tensor, size: tuple[int, int]) -> Tensor:
    """Scores (B, classes, h, w) -> (B, classes, *size), between their middles in straight lines."""
    return interpolate(scores, size=tuple(size), mode="bilinear", align_corners=False)
