"""Boxes of a picture, x1, y1, x2, y2 each: their areas, their IoU, and non-maximum suppression."""

from typing import NamedTuple

import torch
from torch import Tensor


class Boxes(NamedTuple):
    """Boxes in a picture, a detector's or those of its objects: boxes (N, 4), classes (N,) int64, scores (N,)."""

    boxes: Tensor
    classes: Tensor
    scores: Tensor

    def take(self, rows: Tensor) -> "Boxes":
        """Returns these rows, given as numbers (K,) or as a mask (N,)."""
        return Boxes(*(part[rows] for part in self))


def area(boxes: Tensor) -> Tensor:
    """boxes (..., 4) -> (...); 0 for a box whose sides are turned about."""
    return (boxes[..., 2:] - boxes[..., :2]).clamp(min=0).prod(-1)


def iou(a: Tensor, b: Tensor) -> Tensor:
    """Boxes (..., 4) and (..., 4) -> intersection over union (...), 0 where both are empty."""
    corner = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    intersection = area(torch.cat(corner, -1))
    union = area(a) + area(b) - intersection
    return intersection / union.clamp(min=1e-12)


def nms(boxes: Boxes, nms_iou: float) -> Tensor:
    """Returns the rows kept (K,), the best first: each removes those of its class with an IoU above `nms_iou`."""
    left = boxes.scores.argsort(descending=True, stable=True)
    kept = []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        twin = (iou(boxes.boxes[best], boxes.boxes[left]) > nms_iou) & (boxes.classes[left] == boxes.classes[best])
        left = left[~twin]
    return torch.stack(kept) if kept else left
