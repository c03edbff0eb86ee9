"""How found boxes are judged: IoU, non-maximum suppression, precision and recall, average precision.

Everingham et al. 2010, "The PASCAL visual object classes (VOC) challenge"; the mean over 101 recalls is COCO's (Lin et
al. 2014, "Microsoft COCO: common objects in context"). A box is x1, y1, x2, y2.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

RECALLS = torch.from_numpy(np.linspace(0, 1, 101))  # rounded as pycocotools rounds them


class Found(NamedTuple):
    """What a detector found in a picture: boxes (N, 4), classes (N,) int64, scores (N,)."""

    boxes: Tensor
    classes: Tensor
    scores: Tensor


def taken(found: Found, rows: Tensor) -> Found:
    """Returns these rows, given as numbers (K,) or as a mask (N,)."""
    return Found(*(part[rows] for part in found))


def area(boxes: Tensor) -> Tensor:
    """boxes (..., 4) -> (...); 0 for a box whose sides are turned about."""
    return (boxes[..., 2:] - boxes[..., :2]).clamp(min=0).prod(-1)


def iou(a: Tensor, b: Tensor) -> Tensor:
    """Boxes (..., 4) and (..., 4) -> intersection over union (...), 0 where both are empty."""
    corner = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    intersection = area(torch.cat(corner, -1))
    union = area(a) + area(b) - intersection
    return intersection / union.clamp(min=1e-12)


def nms(found: Found, threshold: float) -> Tensor:
    """Returns the rows kept, the best first: each removes all of its class that overlap it by more than `threshold`."""
    left = found.scores.argsort(descending=True, stable=True)
    kept = []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        twin = (iou(found.boxes[best], found.boxes[left]) > threshold) & (found.classes[left] == found.classes[best])
        left = left[~twin]
    return torch.stack(kept) if kept else left


def matched(boxes: Tensor, scores: Tensor, objects: Tensor, least: float = 0.5) -> Tensor:
    """Boxes (N, 4) and objects (M, 4) of one class in one picture -> the object that each found (N,), -1: false.

    The best score chooses first; an object is found once.
    """
    owner = torch.full((len(boxes),), -1)
    overlaps = iou(boxes[:, None], objects[None])  # (N, M)
    for row in scores.argsort(descending=True, stable=True).tolist():
        if len(objects) and overlaps[row].max() >= least:
            owner[row] = overlaps[row].argmax()
            overlaps[:, owner[row]] = -1
    return owner


def precision_recall(true: Tensor, scores: Tensor, objects: int) -> tuple[Tensor, Tensor]:
    """Hits (N,) bool of all pictures and scores (N,) -> precision and recall (N,), one box more believed each time."""
    hits = true[scores.argsort(descending=True, stable=True)].double().cumsum(0)
    return hits / torch.arange(1, len(hits) + 1), hits / max(1, objects)


def average_precision(precision: Tensor, recall: Tensor) -> float:
    """The mean over 101 recalls of the best precision that is had at this recall or beyond."""
    best = precision.flip(0).cummax(0).values.flip(0)  # (N,)
    place = torch.searchsorted(recall.contiguous(), RECALLS)
    return torch.cat([best, best.new_zeros(1)])[place].mean().item()


class Judged(NamedTuple):
    """Of one class over all pictures: hits (N,) bool, their scores (N,), and how many objects there are."""

    true: Tensor
    scores: Tensor
    objects: int

    @property
    def ap(self) -> float:
        return average_precision(*precision_recall(self.true, self.scores, self.objects))


def judged(found: list[Found], objects: list[Found], of_class: int, least: float = 0.5) -> Judged:
    """Returns how boxes of a class were judged, picture by picture; of `objects` no scores are looked at."""
    hits, scores, count = [], [], 0
    for one, there in zip(found, objects, strict=True):
        boxes, wanted = one.boxes[one.classes == of_class], there.boxes[there.classes == of_class]
        of = one.scores[one.classes == of_class]
        hits.append(matched(boxes, of, wanted, least) >= 0)
        scores.append(of)
        count += len(wanted)
    return Judged(torch.cat(hits), torch.cat(scores), count)


def mean_ap(found: list[Found], objects: list[Found], classes: int, least: float = 0.5) -> float:
    """Returns the mean of average precisions over the classes that occur: mAP50 with `least` 0.5."""
    of_classes = [judged(found, objects, number, least) for number in range(classes)]
    known = [one.ap for one in of_classes if one.objects]
    return sum(known) / max(1, len(known))
