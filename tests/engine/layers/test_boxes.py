"""IoU by hand, suppression as defined."""

import pytest
import torch

from dltui.engine.layers.boxes import iou, nms
from tests.engine.metrics.test_detection import found


def test_iou_of_equal_boxes_is_1_of_overlapping_halves_a_third_of_boxes_apart_0():
    """NUMBERS.md. Guards against a union that counts the intersection twice: halves would have 1/4."""
    a = torch.tensor([0.0, 0.0, 4.0, 2.0])
    others = torch.tensor([[0.0, 0, 4, 2], [2, 0, 6, 2], [9, 9, 12, 12], [5, -3, 6, 9]])
    assert iou(a, others).tolist() == pytest.approx([1, 1 / 3, 0, 0])


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
