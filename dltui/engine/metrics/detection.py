"""How boxes are judged: which are true positives, precision and recall, average precision.

Everingham et al. 2010, "The PASCAL visual object classes (VOC) challenge"; the mean over 101 recalls is COCO's (Lin et
al. 2014, "Microsoft COCO: common objects in context").
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from dltui.engine.layers.boxes import Boxes, iou

RECALLS = torch.from_numpy(np.linspace(0, 1, 101))  # rounded as pycocotools rounds them


def matched(boxes: Tensor, scores: Tensor, objects: Tensor, match_iou: float = 0.5) -> Tensor:
    """Boxes (N, 4) and objects (M, 4) of one class in one picture -> the object that each found (N,), -1: false.

    The best score chooses first; an object is found once, by a box whose IoU with it is at least `match_iou`.
    """
    return owners(iou(boxes[:, None], objects[None]), scores, match_iou)


def owners(overlaps: Tensor, scores: Tensor, match_iou: float = 0.5) -> Tensor:
    """As `matched`, of the IoU of each with each object, of boxes or of masks (N, M)."""
    owner, overlaps = torch.full((len(scores),), -1), overlaps.clone()
    for row in scores.argsort(descending=True, stable=True).tolist():
        if overlaps.shape[1] and overlaps[row].max() >= match_iou:
            owner[row] = overlaps[row].argmax()
            overlaps[:, owner[row]] = -1
    return owner


def precision_recall(true: Tensor, scores: Tensor, objects: int) -> tuple[Tensor, Tensor]:
    """True positives (N,) bool and scores (N,) of all pictures -> precision and recall (N,), one more box each time.

    Written out, because scikit-learn knows no objects that nothing was predicted for, and takes equal scores together.
    """
    hits = true[scores.argsort(descending=True, stable=True)].double().cumsum(0)
    return hits / torch.arange(1, len(hits) + 1), hits / max(1, objects)


def average_precision(precision: Tensor, recall: Tensor) -> float:
    """Returns COCO's: the mean over 101 recalls of the best precision that is had at this recall or beyond."""
    best = precision.flip(0).cummax(0).values.flip(0)  # (N,)
    place = torch.searchsorted(recall.contiguous(), RECALLS)
    return torch.cat([best, best.new_zeros(1)])[place].mean().item()


class Judged(NamedTuple):
    """Of one class over all pictures: true positives (N,) bool, their scores (N,), and how many objects there are."""

    true: Tensor
    scores: Tensor
    objects: int

    @property
    def ap(self) -> float:
        return average_precision(*precision_recall(self.true, self.scores, self.objects))


def judged(predictions: list[Boxes], objects: list[Boxes], of_class: int, match_iou: float = 0.5) -> Judged:
    """Returns how boxes of a class were judged, picture by picture; of `objects` no scores are looked at."""
    hits, scores, count = [], [], 0
    for one, there in zip(predictions, objects, strict=True):
        boxes, wanted = one.boxes[one.classes == of_class], there.boxes[there.classes == of_class]
        of = one.scores[one.classes == of_class]
        hits.append(matched(boxes, of, wanted, match_iou) >= 0)
        scores.append(of)
        count += len(wanted)
    return Judged(torch.cat(hits), torch.cat(scores), count)


def mean_ap(predictions: list[Boxes], objects: list[Boxes], classes: int, match_iou: float = 0.5) -> float:
    """Returns the mean of average precisions over the classes that occur: mAP50 with `match_iou` 0.5."""
    of_classes = [judged(predictions, objects, number, match_iou) for number in range(classes)]
    known = [one.ap for one in of_classes if one.objects]
    return sum(known) / max(1, len(known))
