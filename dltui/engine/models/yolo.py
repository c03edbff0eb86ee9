"""A small YOLO (Redmon et al. 2016, "You only look once: unified, real-time object detection")."""

from typing import NamedTuple

import torch
from torch import Tensor, nn


def build(*, channels: int = 3, classes: int = 3, width: int = 16, depth: int = 3, boxes: int = 2) -> nn.Module:
    """Convolutions down to a grid of cells, each of which gives boxes and one set of class scores.

    channels: channels of a picture, at least 1.
    classes: number of classes, at least 1.
    width: channels of the first maps, doubled at each halving, at least 1.
    depth: times that the picture is halved: cells are 2^depth pixels wide, at least 1, at most 6.
    boxes: boxes a cell, at least 1.
    """
    return Yolo(channels, classes, width, depth, boxes)


class Grid(NamedTuple):
    """What cells say: boxes (B, S, S, boxes, 4), confidence (B, S, S, boxes), class scores (B, S, S, classes)."""

    boxes: Tensor
    confidence: Tensor
    scores: Tensor


class Yolo(nn.Module):
    """(B, channels, size, size) -> Grid; S = size / 2^depth."""

    def __init__(self, channels: int, classes: int, width: int, depth: int, boxes: int):
        super().__init__()
        self.boxes = boxes
        widths = [width << level for level in range(depth)]
        last = widths[-1]
        self.features = nn.Sequential(
            *(
                layer
                for before, after in zip([channels, *widths[:-1]], widths, strict=True)
                for layer in (*convolved(before, after), nn.MaxPool2d(2))
            ),
            *convolved(last, last),
            *convolved(last, last),
            *convolved(last, last),
        )
        self.head = nn.Conv2d(last, boxes * 5 + classes, 1)

    def forward(self, pictures: Tensor) -> Grid:
        cells = self.head(self.features(pictures)).permute(0, 2, 3, 1)  # (B, S, S, boxes * 5 + classes)
        given, scores = cells.split([self.boxes * 5, cells.shape[-1] - self.boxes * 5], -1)
        given = torch.sigmoid(given.unflatten(-1, (self.boxes, 5)))
        return Grid(given[..., :4], given[..., 4], scores.softmax(-1))


def convolved(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    """A 3x3 convolution, normalised and rectified."""
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.LeakyReLU(0.1)
