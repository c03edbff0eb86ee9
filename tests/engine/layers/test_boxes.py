"""IoU by hand, suppression as defined."""

import pytest
import torch

from dltui.engine.layers.boxes import giou, iou, nms, suppressed
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


def test_the_best_boxes_are_kept_by_score_and_number_and_cut_at_the_edges():
    boxes = torch.tensor([[[-5.0, 0, 10, 10], [-4, 0, 10, 10], [30, 30, 40, 40], [50, 50, 70, 60]]])
    scores = torch.tensor([[[0.9, 0.1], [0.8, 0.0], [0.1, 0.6], [0.05, 0.02]]])
    (one,) = suppressed(boxes, scores, 64, 0.1, 0.5)
    assert one.boxes.tolist() == [[0, 0, 10, 10], [30, 30, 40, 40]]
    assert one.classes.tolist() == [0, 1] and one.scores.tolist() == pytest.approx([0.9, 0.6])
    (few,) = suppressed(boxes, scores, 64, 0.0, 1.0, most=2)
    assert few.scores.tolist() == pytest.approx([0.9, 0.8])


def test_giou_is_the_iou_less_the_empty_share_of_the_box_around_both():
    """Counted pixel by pixel; -1 is the limit for boxes far apart."""
    torch.manual_seed(0)
    corner = torch.randint(0, 12, (2, 200, 2))
    a, b = torch.cat([corner, corner + torch.randint(1, 9, (2, 200, 2))], -1).float()
    y, x = torch.meshgrid(torch.arange(24), torch.arange(24), indexing="ij")
    inside = [(x >= box[0]) & (x < box[2]) & (y >= box[1]) & (y < box[3]) for box in torch.cat([a, b]).long().tolist()]
    for row, value in enumerate(giou(a, b).tolist()):
        one, other = inside[row], inside[row + 200]
        both, either = (one & other).sum(), (one | other).sum()
        ys, xs = (one | other).nonzero().T
        around = (xs.max() + 1 - xs.min()) * (ys.max() + 1 - ys.min())
        assert value == pytest.approx((both / either - (around - either) / around).item(), abs=1e-5)
    far = giou(torch.tensor([0.0, 0, 1, 1]), torch.tensor([900.0, 900, 901, 901]))
    assert -1 < far < -0.99
