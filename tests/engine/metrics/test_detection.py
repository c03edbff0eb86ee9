"""IoU by hand, suppression as defined, and mAP equal to that of pycocotools."""

import contextlib
import io

import pytest
import torch

from dltui.engine.metrics.detection import Found, iou, matched, mean_ap, nms


def test_iou_of_equal_boxes_is_1_of_overlapping_halves_a_third_of_boxes_apart_0():
    """NUMBERS.md. Guards against a union that counts the intersection twice: halves would have 1/4."""
    a = torch.tensor([0.0, 0.0, 4.0, 2.0])
    others = torch.tensor([[0.0, 0, 4, 2], [2, 0, 6, 2], [9, 9, 12, 12], [5, -3, 6, 9]])
    assert iou(a, others).tolist() == pytest.approx([1, 1 / 3, 0, 0])


def found(boxes: int, seed: int, classes: int = 3) -> Found:
    random = torch.Generator().manual_seed(seed)
    corner = torch.rand(boxes, 2, generator=random) * 20
    sides = 5 + 15 * torch.rand(boxes, 2, generator=random)
    of_class = torch.randint(classes, (boxes,), generator=random)
    return Found(torch.cat([corner, corner + sides], 1), of_class, torch.rand(boxes, generator=random))


def test_suppression_leaves_no_twins_and_removes_nothing_without_a_better_twin():
    """Guards against the worse of two being kept, and against classes that suppress each other."""
    one = found(60, 0)
    kept = nms(one, 0.4)
    twins = (iou(one.boxes[:, None], one.boxes[None]) > 0.4) & (one.classes[:, None] == one.classes[None])
    better = twins & (one.scores[None] > one.scores[:, None])  # [i, j]: j is a better twin of i
    assert not better[kept][:, kept].any()
    removed = ~torch.isin(torch.arange(60), kept)
    assert 0 < removed.sum() < 60 and better[removed][:, kept].any(1).all()
    assert (one.scores[kept].diff() <= 0).all()
    assert len(nms(found(0, 0), 0.5)) == 0


def test_an_object_is_found_once_and_by_the_best_score():
    objects = torch.tensor([[0.0, 0, 10, 10]])
    boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 9], [50, 50, 60, 60]])
    assert matched(boxes, torch.tensor([0.5, 0.9, 0.8]), objects).tolist() == [-1, 0, -1]
    assert matched(boxes, torch.ones(3), objects[:0]).tolist() == [-1, -1, -1]


@pytest.mark.parametrize("least", [0.5, 0.75])
def test_map_is_that_of_pycocotools(least):
    """Guards against recall and precision changed about, an unsmoothed curve, and objects that are found twice."""
    pictures = 12
    objects = [found(5, seed)._replace(scores=torch.ones(5)) for seed in range(pictures)]
    detections = []
    for seed, there in enumerate(objects):
        near = there.boxes.repeat(2, 1) + 1.2 * torch.randn(10, 4, generator=torch.Generator().manual_seed(seed))
        stray = found(14, 100 + seed)
        boxes, classes = torch.cat([near, stray.boxes[:4]]), torch.cat([there.classes.repeat(2), stray.classes[:4]])
        detections.append(Found(boxes, classes, stray.scores))
    ours = mean_ap(detections, objects, 3, least)
    assert 0.1 < ours < 0.9
    assert ours == pytest.approx(by_pycocotools(detections, objects, least), abs=1e-9)


def rows(parts: list[Found]) -> list[dict]:
    """COCO's rows: boxes are x, y, width, height."""
    return [
        {"id": 1 + 1000 * picture + row, "image_id": picture, "category_id": int(of_class), "score": float(score),
         "bbox": [*box[:2].tolist(), *(box[2:] - box[:2]).tolist()], "area": 100.0, "iscrowd": 0}
        for picture, part in enumerate(parts)
        for row, (box, of_class, score) in enumerate(zip(*part, strict=True))
    ]  # fmt: skip


def by_pycocotools(detections: list[Found], objects: list[Found], least: float) -> float:
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
        extractor.params.iouThrs = [least]
        extractor.evaluate()
        extractor.accumulate()
    precision = extractor.eval["precision"][0, :, :, 0, -1]  # (101 recalls, classes), all areas, 100 boxes
    return float(precision.mean())
