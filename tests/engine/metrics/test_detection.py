"""True positives by hand, and mAP equal to that of pycocotools."""

import contextlib
import io

import pytest
import torch

from dltui.engine.layers.boxes import Boxes
from dltui.engine.metrics.detection import average_precision, matched, mean_ap, precision_recall


def found(boxes: int, seed: int, classes: int = 3) -> Boxes:
    random = torch.Generator().manual_seed(seed)
    corner = torch.rand(boxes, 2, generator=random) * 20
    sides = 5 + 15 * torch.rand(boxes, 2, generator=random)
    of_class = torch.randint(classes, (boxes,), generator=random)
    return Boxes(torch.cat([corner, corner + sides], 1), of_class, torch.rand(boxes, generator=random))


def test_an_object_is_found_once_and_by_the_best_score():
    objects = torch.tensor([[0.0, 0, 10, 10]])
    boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 9], [50, 50, 60, 60]])
    assert matched(boxes, torch.tensor([0.5, 0.9, 0.8]), objects).tolist() == [-1, 0, -1]
    assert matched(boxes, torch.ones(3), objects[:0]).tolist() == [-1, -1, -1]


@pytest.mark.parametrize("missed", [0, 3])
def test_precision_and_recall_are_scikit_learns(missed):
    """Once it is told the missed objects, as positives that come after all boxes."""
    from sklearn.metrics import precision_recall_curve

    random = torch.Generator().manual_seed(missed)
    true, scores = torch.rand(20, generator=random) < 0.6, torch.rand(20, generator=random)
    precision, recall = precision_recall(true, scores, int(true.sum()) + missed)
    labels, believed = torch.cat([true, torch.ones(missed) > 0]), torch.cat([scores, torch.full((missed,), -1.0)])
    theirs = [curve[::-1][1:21].tolist() for curve in precision_recall_curve(labels, believed)[:2]]
    assert precision.tolist() == pytest.approx(theirs[0]) and recall.tolist() == pytest.approx(theirs[1])


def test_average_precision_takes_the_best_precision_from_each_recall_on():
    """By hand: 51 of the 101 recalls are at most 0.5; a dip before a better precision does no harm."""
    precision, recall = torch.tensor([0.5, 0.8, 0.4]).double(), torch.tensor([0.1, 0.5, 0.5]).double()
    assert average_precision(precision, recall) == pytest.approx(51 * 0.8 / 101)


@pytest.mark.parametrize("match_iou", [0.5, 0.75])
def test_map_is_that_of_pycocotools(match_iou):
    """Guards against recall and precision changed about, an unsmoothed curve, and objects that are found twice."""
    pictures = 12
    objects = [found(5, seed)._replace(scores=torch.ones(5)) for seed in range(pictures)]
    detections = []
    for seed, there in enumerate(objects):
        near = there.boxes.repeat(2, 1) + 1.2 * torch.randn(10, 4, generator=torch.Generator().manual_seed(seed))
        stray = found(14, 100 + seed)
        boxes, classes = torch.cat([near, stray.boxes[:4]]), torch.cat([there.classes.repeat(2), stray.classes[:4]])
        detections.append(Boxes(boxes, classes, stray.scores))
    ours = mean_ap(detections, objects, 3, match_iou)
    assert 0.1 < ours < 0.9
    assert ours == pytest.approx(by_pycocotools(detections, objects, match_iou), abs=1e-9)


def rows(parts: list[Boxes]) -> list[dict]:
    """COCO's rows: boxes are x, y, width, height."""
    return [
        {"id": 1 + 1000 * picture + row, "image_id": picture, "category_id": int(of_class), "score": float(score),
         "bbox": [*box[:2].tolist(), *(box[2:] - box[:2]).tolist()], "area": 100.0, "iscrowd": 0}
        for picture, part in enumerate(parts)
        for row, (box, of_class, score) in enumerate(zip(*part, strict=True))
    ]  # fmt: skip


def by_pycocotools(detections: list[Boxes], objects: list[Boxes], match_iou: float) -> float:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "images": [{"id": picture} for picture in range(len(objects))],
            "categories": [{"id": number} for number in range(3)],
            "annotations": rows(objects),
        }
        truth.createIndex()
        extractor = COCOeval(truth, truth.loadRes(rows(detections)), "bbox")
        extractor.params.iouThrs = [match_iou]
        extractor.evaluate()
        extractor.accumulate()
    precision = extractor.eval["precision"][0, :, :, 0, -1]  # (101 recalls, classes), all areas, 100 boxes
    return float(precision.mean())
