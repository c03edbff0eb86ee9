"""SSD (Liu et al. 2016, "SSD: single shot multibox detector", arXiv:1512.02325): anchors on maps of several sizes."""

from itertools import pairwise
from math import sqrt
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, smooth_l1_loss

from dltui.engine.layers.anchors import anchors, decode, encode, hard_negatives, matched, of_owners
from dltui.engine.layers.boxes import Boxes, suppressed
from dltui.engine.layers.convolved import convolved
from dltui.errors import DltuiError, ExitStatus

FINEST = 4  # pixels of a side that a cell of the first map stands for
SMALLEST, LARGEST = 0.12, 0.5  # sides of the anchors of the first and of the last map, of the picture's
RATIOS = (1.0, 2.0, 0.5)  # width to height


def build(
    *, channels: int = 3, size: int = 64, classes: int = 3, width: int = 32, maps: int = 4, negatives: float = 3.0
) -> nn.Module:
    """Each cell of each map predicts for its anchors a class, or background, and offsets.

    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 16.
    classes: number of classes, at least 1.
    width: channels of the first map that predicts, at least 2; the next ones have twice as many.
    maps: maps that predict, each of half the cells on a side of the one before, at least 1.
    negatives: anchors of background that count for each one with an object, those of the greatest loss, at least 0; 0:
        all count.
    """
    if size % (FINEST << (maps - 1)):
        message = f"model.maps {maps} halve pictures of {size} pixels to less than whole cells."
        raise DltuiError(message, f"Take data.size as a multiple of {FINEST << (maps - 1)}.", ExitStatus.USAGE)
    return SSD(channels, size, classes, width, maps, negatives)


class Predicted(NamedTuple):
    """What anchors give: offsets (N, K, 4), logits (N, K, 1 + classes), the background first."""

    offsets: Tensor
    logits: Tensor


class SSD(nn.Module):
    """Pictures (N, channels, size, size) -> Predicted. See contracts.models.Detector."""

    def __init__(self, channels: int, size: int, classes: int, width: int, maps: int, negatives: float):
        super().__init__()
        self.size, self.outputs, self.negatives = size, 1 + classes, negatives
        widths = [width, *[2 * width] * (maps - 1)]
        self.first = nn.Sequential(
            *convolved(channels, width // 2),
            nn.MaxPool2d(2),
            *convolved(width // 2, width),
            nn.MaxPool2d(2),
            *convolved(width, width),
        )
        self.levels = nn.ModuleList(
            nn.Sequential(*convolved(before, after, 2), *convolved(after, after)) for before, after in pairwise(widths)
        )
        cells = [size // (FINEST << level) for level in range(maps)]
        shapes = [shapes_of(level, maps, size) for level in range(maps)]
        self.heads = nn.ModuleList(
            nn.Conv2d(inputs, len(of) * (4 + self.outputs), 3, padding=1)
            for inputs, of in zip(widths, shapes, strict=True)
        )
        self.maps = list(zip(cells, shapes, strict=True))
        self.register_buffer("anchors", anchors(size, self.maps), persistent=False)  # (K, 4)

    def features(self, pictures: Tensor) -> list[Tensor]:
        """The maps that predict, the finest first."""
        found = [self.first(pictures)]
        for level in self.levels:
            found.append(level(found[-1]))
        return found

    def forward(self, pictures: Tensor) -> Predicted:
        given = [
            head(features).permute(0, 2, 3, 1).reshape(pictures.shape[0], -1, 4 + self.outputs)
            for head, features in zip(self.heads, self.features(pictures), strict=True)
        ]
        offsets, logits = torch.cat(given, 1).split([4, self.outputs], -1)
        return Predicted(offsets, logits)

    def owners(self, objects: Tensor) -> Tensor:
        """Objects (N, M, 5) -> the object that each anchor is to find (N, K) int64, below 0 for none."""
        return matched(self.anchors, objects)

    def loss(self, pictures: Tensor, objects: Tensor) -> Tensor:
        """Pictures (N, channels, size, size), objects (N, M, 5) -> scalar, the mean over the pictures."""
        owner = self.owners(objects)
        boxes, of_class = of_owners(owner, objects)
        return multibox(self(pictures), of_class, encode(boxes, self.anchors), self.negatives)

    def detect(self, pictures: Tensor, min_score: float, nms_iou: float) -> list[Boxes]:
        """Returns the boxes of each picture, on the host."""
        offsets, logits = self(pictures)
        scores = logits.softmax(-1)[..., 1:]
        return suppressed(decode(offsets, self.anchors), scores, self.size, min_score, nms_iou)


def shapes_of(level: int, maps: int, size: int) -> list[tuple[float, float]]:
    """Returns width and height in pixels of the anchors of a map: a square as large as between this map and the next,
    and one of each ratio, all of one area (section 2.2 of the paper)."""
    step = (LARGEST - SMALLEST) / max(1, maps - 1)
    side, larger = (size * (SMALLEST + step * (level + more)) for more in (0, 1))
    return [(sqrt(side * larger),) * 2, *((side * sqrt(ratio), side / sqrt(ratio)) for ratio in RATIOS)]


def multibox(predicted: Predicted, of_class: Tensor, offsets: Tensor, negatives: float) -> Tensor:
    """Classes of anchors (N, K), -1 for background, and their true offsets (N, K, 4) -> scalar (equation 1).

    Cross-entropy of the anchors with an object and of the negatives that count, and the smooth L1 of the former's
    offsets; their sum over the anchors with an object.
    """
    positive = of_class >= 0
    losses = cross_entropy(predicted.logits.flatten(0, 1), of_class.flatten() + 1, reduction="none").view_as(of_class)
    negative = hard_negatives(losses, positive, ~positive, negatives) if negatives else ~positive
    place = smooth_l1_loss(predicted.offsets, offsets, reduction="none").sum(-1)  # (N, K)
    counted = losses * (positive | negative) + place.where(positive, 0.0)
    return counted.sum() / positive.sum().clamp(min=1)
