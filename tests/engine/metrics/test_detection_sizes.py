"""Average precision by size, equal to that of pycocotools with its ranges of areas."""

import contextlib
import io

import pytest
import torch

from dltui.engine.layers.boxes import Boxes, area
from dltui.engine.metrics.detection import mean_ap
from dltui.engine.metrics.detection_sizes import mean_ap_of_size
from tests.engine.metrics.test_detection import found, rows


def noisy(pictures=15):
    """Objects, and boxes beside them, twice each, and some far away."""
    objects = [found(6, seed)._replace(scores=torch.ones(6)) for seed in range(pictures)]
    detections = []
    for seed, there in enumerate(objects):
        near = there.boxes.repeat(2, 1) + 1.0 * torch.randn(12, 4, generator=torch.Generator().manual_seed(seed))
        stray = found(16, 100 + seed)
        boxes, classes = torch.cat([near, stray.boxes[:4]]), torch.cat([there.classes.repeat(2), stray.classes[:4]])
        detections.append(Boxes(boxes, classes, stray.scores))
    return detections, objects


def with_areas(parts):
    """COCO's rows with the areas of their boxes."""
    every = torch.cat([area(part.boxes) for part in parts]).tolist()
    return [row | {"area": size} for row, size in zip(rows(parts), every, strict=True)]


@pytest.mark.parametrize("sizes", [(0.0, 11.0), (11.0, 14.0), (14.0, 1e4)])
def test_map_of_a_size_is_that_of_pycocotools(sizes):
    """Guards against boxes on objects of other sizes being counted as wrong, and against strays of other sizes."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    detections, objects = noisy()
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "images": [{"id": picture} for picture in range(len(objects))],
            "categories": [{"id": number} for number in range(3)],
            "annotations": with_areas(objects),
        }
        truth.createIndex()
        theirs = COCOeval(truth, truth.loadRes(with_areas(detections)), "bbox")
        theirs.params.iouThrs, theirs.params.areaRng, theirs.params.areaRngLbl = [0.5], [[s**2 for s in sizes]], ["x"]
        theirs.evaluate()
        theirs.accumulate()
    wanted = float(theirs.eval["precision"][0, :, :, 0, -1].mean())
    assert 0.05 < wanted < 0.95
    assert mean_ap_of_size(detections, objects, 3, sizes) == pytest.approx(wanted, abs=1e-9)


def test_all_sizes_together_are_the_plain_one():
    detections, objects = noisy()
    assert mean_ap_of_size(detections, objects, 3, (0.0, 1e4)) == pytest.approx(mean_ap(detections, objects, 3))
    assert mean_ap_of_size(detections, objects, 3, (500.0, 1e4)) == 0
