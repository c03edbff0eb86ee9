"""Boxes of a picture, x1, y1, x2, y2 each: their areas, their IoU, and non-maximum suppression."""

from typing import NamedTuple

import numpy as np
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


def giou(a: Tensor, b: Tensor) -> Tensor:
    """Boxes (..., 4) and (..., 4) -> generalized IoU (...), in -1..1: the IoU less the share of the smallest box around
    both that neither covers, so that boxes apart have a gradient, too (Rezatofighi et al. 2019, arXiv:1902.09630)."""
    around = torch.cat([torch.minimum(a[..., :2], b[..., :2]), torch.maximum(a[..., 2:], b[..., 2:])], -1)
    shared = iou(a, b)
    union = (area(a) + area(b)) / (1 + shared)
    return shared - 1 + union / area(around).clamp(min=1e-12)


def nms(boxes: Boxes, nms_iou: float) -> Tensor:
    """Returns the rows kept (K,), the best first: each removes those of its class with an IoU above `nms_iou`."""
    order = boxes.scores.argsort(descending=True, stable=True)
    place, of_class = boxes.boxes[order], boxes.classes[order]
    twins = (iou(place[:, None], place[None]) > nms_iou) & (of_class[:, None] == of_class)  # (N, N)
    kept, gone = [], np.zeros(len(order), bool)
    for row, removed in enumerate(twins.cpu().numpy()):
        if not gone[row]:
            kept.append(row)
            gone |= removed
    return order[kept]


def suppressed(
    boxes: Tensor, scores: Tensor, size: int, min_score: float, nms_iou: float, most: int = 100
) -> list[Boxes]:
    """Boxes (N, K, 4) and scores of classes (N, K, C) -> of each picture, on the host, what suppression leaves of its
    `most` best boxes. Each box is of its likeliest class, has a score of at least `min_score`, and ends at the edges of
    the picture of `size` pixels."""
    sure, of_class = scores.max(-1)  # (N, K)
    sure, order = sure.topk(min(most, sure.shape[1]), dim=1)
    places = boxes.gather(1, order[..., None].expand(-1, -1, 4)).clamp(0, size)
    results = []
    for place, number, score in zip(places.cpu(), of_class.gather(1, order).cpu(), sure.cpu(), strict=True):
        one = Boxes(place, number, score).take(score >= min_score)
        results.append(one.take(nms(one, nms_iou)))
    return results
