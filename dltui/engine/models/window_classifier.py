"""A classifier of windows that slides over a picture (Ciresan et al. 2012, "Deep neural networks segment neuronal
membranes"), and the same net run once as convolutions (Giusti et al. 2013, arXiv:1302.1700)."""

from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, max_pool2d, pad

LAST = 4  # side of the maps that a window is at last: a dense layer takes them in
ROWS_AT_ONCE = 8  # rows of pixels whose windows go through the net together: those of a whole picture are large


def build(
    *,
    channels: int = 3,
    classes: int = 2,
    width: int = 8,
    levels: int = 2,
    by: Literal["windows", "convolutions"] = "convolutions",
) -> nn.Module:
    """The class of a pixel is that of the window around it; it is trained at all windows of a picture.

    channels: channels of a picture, at least 1.
    classes: number of classes, at least 2.
    width: channels of the first maps, doubled at each halving, at least 1.
    levels: times that a window is halved, at least 1, at most 3: windows have sides of 10, 22 or 46 pixels.
    by: how a trained net answers: windows, each is cut out and classified; convolutions, each layer goes over the whole
        picture once.
    """
    return WindowClassifier(channels, classes, width, levels, by)


class Taps(nn.Conv2d):
    """A convolution without a border whose taps are as far apart as the call says."""

    def forward(self, maps: Tensor, apart: int) -> Tensor:
        return conv2d(maps, self.weight, dilation=apart)


class WindowClassifier(nn.Module):
    """(B, channels, H, W) -> logits (B, classes, H, W); H and W are more than half a window."""

    def __init__(self, channels: int, classes: int, width: int, levels: int, by: str):
        super().__init__()
        self.by, self.side = by, side_of(levels)
        widths = [channels, *(width << level for level in range(levels))]
        deepest = widths[-1]
        kernels = [*[3] * levels, LAST]
        self.taps = nn.ModuleList(
            Taps(before, after, k, bias=False)
            for (before, after), k in zip(pairwise([*widths, 2 * deepest]), kernels, strict=True)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(taps.out_channels) for taps in self.taps)
        self.classifier = nn.Conv2d(2 * deepest, classes, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        before = self.side // 2
        framed = pad(pictures, [before, self.side - 1 - before] * 2, mode="reflect")  # each pixel has a window
        if self.training or self.by == "convolutions":
            return self.scores(framed, 1)
        return torch.cat([self.classified(rows) for rows in bands(framed, self.side)], 2)

    def classified(self, band: Tensor) -> Tensor:
        """A band (B, channels, side + h - 1, W') -> logits (B, classes, h, W), window by window."""
        windows = band.unfold(2, self.side, 1).unfold(3, self.side, 1)  # (B, channels, h, W, side, side)
        B, _, h, W = windows.shape[:4]
        logits = self.scores(windows.permute(0, 2, 3, 1, 4, 5).flatten(0, 2), 2)  # (B h W, classes, 1, 1)
        return logits.view(B, h, W, -1).permute(0, 3, 1, 2)

    def scores(self, maps: Tensor, stride: int) -> Tensor:
        """Maps (N, channels, h, w) -> logits (N, classes, ...): one for each window that lies in them with stride 1;
        with stride 2 pooling halves them, and of a window there is one.

        With stride 1 nothing is halved; what would have been neighbours behind a pooling lies twice as far apart.
        """
        apart = 1
        for taps, norm in zip(self.taps[:-1], self.norms[:-1], strict=True):
            maps = max_pool2d(norm(taps(maps, apart)).relu(), 2, stride, dilation=apart)
            apart *= 2 // stride
        return self.classifier(self.norms[-1](self.taps[-1](maps, apart)).relu())


def side_of(levels: int) -> int:
    """Returns the side of a window that `levels` times a 3x3 convolution and a halving bring to LAST."""
    side = LAST
    for _ in range(levels):
        side = 2 * side + 2
    return side


def bands(framed: Tensor, side: int) -> list[Tensor]:
    """Pictures with their frame (B, C, H + side - 1, W') -> parts of H with a frame of their own, from the top."""
    H = framed.shape[2] - side + 1
    return [framed[:, :, top : min(top + ROWS_AT_ONCE, H) + side - 1] for top in range(0, H, ROWS_AT_ONCE)]
