"""Average precision of objects of some sizes, as COCO judges small, medium and large ones (Lin et al. 2014)."""

import torch
from torch import Tensor

from dltui.engine.layers.boxes import Boxes, area
from dltui.engine.metrics.detection import Judged, matched


def judged_of_size(
    predictions: list[Boxes], objects: list[Boxes], of_class: int, sizes: tuple[float, float], match_iou: float = 0.5
) -> Judged:
    """Returns how boxes of a class were judged by the objects of `sizes` alone, roots of areas in pixels, the second
    itself excluded: a box does not count that found an object of another size, or that found none and is of another
    size itself."""
    hits, scores, count = [], [], 0
    for one, there in zip(predictions, objects, strict=True):
        one, there = one.take(one.classes == of_class), there.take(there.classes == of_class)
        inside = _inside(there.boxes, sizes)
        found = matched(one.boxes, one.scores, there.boxes[inside], match_iou) >= 0
        rest = one.take(~found)
        others = matched(rest.boxes, rest.scores, there.boxes[~inside], match_iou) >= 0
        counts = found.clone()
        counts[~found] = ~others & _inside(rest.boxes, sizes)
        hits.append(found[counts])
        scores.append(one.scores[counts])
        count += int(inside.sum())
    return Judged(torch.cat(hits), torch.cat(scores), count)


def mean_ap_of_size(
    predictions: list[Boxes], objects: list[Boxes], classes: int, sizes: tuple[float, float], match_iou: float = 0.5
) -> float:
    """Returns the mean of average precisions over the classes that have objects of this size; 0 if none has."""
    of_classes = [judged_of_size(predictions, objects, number, sizes, match_iou) for number in range(classes)]
    known = [one.ap for one in of_classes if one.objects]
    return sum(known) / max(1, len(known))


def _inside(boxes: Tensor, sizes: tuple[float, float]) -> Tensor:
    """boxes (N, 4) -> (N,) bool."""
    root = area(boxes).sqrt()
    return (root >= sizes[0]) & (root < sizes[1])
