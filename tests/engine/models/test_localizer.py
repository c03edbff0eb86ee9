"""The localizer: a weighted mean of what cells give, three losses of a box by hand, one box a picture."""

import pytest
import torch

from dltui.engine.layers.boxes import iou
from dltui.engine.models.localizer import box_losses, build

OBJECTS = torch.tensor([[[20.0, 8, 36, 24, 2]], [[5.0, 5, 15, 25, 1]]])


def test_one_box_and_its_class_and_every_weight_a_gradient():
    torch.manual_seed(0)
    net = build()
    found = net(torch.rand(2, 3, 64, 64))
    assert found.logits.shape == (2, 3) and found.boxes.shape == (2, 4) and found.weights.shape == (2, 64)
    assert torch.allclose(found.weights.sum(1), torch.ones(2))
    net.loss(torch.rand(2, 3, 64, 64), OBJECTS).backward()
    assert all(p.grad.abs().sum() > 0 for p in net.parameters())


def test_where_all_weight_is_on_a_cell_its_box_is_the_answer():
    """Guards against rows and columns changed about: cells lie as the anchors do."""
    net = build().eval()
    torch.nn.init.zeros_(net.head.weight)
    torch.nn.init.zeros_(net.head.bias)
    middle = net(torch.rand(1, 3, 64, 64)).boxes[0]
    assert torch.allclose((middle[:2] + middle[2:]) / 2, torch.tensor([32.0, 32.0]))
    side = 0.3 * 64
    assert torch.allclose(middle[2:] - middle[:2], torch.full((2,), side))


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("l2", ((4 / 64) ** 2 * 2 + (2 / 64) ** 2 * 2)),
        ("smooth_l1", ((4 / 64) ** 2 + (2 / 64) ** 2) / 2),
        ("giou", 1 - (12 * 14) / (2 * 256 - 12 * 14) + (20 * 18 - (2 * 256 - 12 * 14)) / (20 * 18)),
    ],
)
def test_the_losses_of_a_box_by_hand(kind, wanted):
    """A square of 16 pixels, moved by 4 and 2."""
    there = torch.tensor([[20.0, 8, 36, 24]])
    assert box_losses(there, there, 64, kind).item() == pytest.approx(0, abs=1e-6)
    moved = there + torch.tensor([4.0, 2, 4, 2])
    assert box_losses(moved, there, 64, kind).item() == pytest.approx(wanted, rel=1e-4)


def test_only_giou_has_a_direction_for_boxes_apart():
    there, apart = torch.tensor([[0.0, 0, 8, 8]]), torch.tensor([[20.0, 0, 28, 8]], requires_grad=True)
    assert iou(apart, there) == 0
    box_losses(apart, there, 64, "giou").sum().backward()
    assert apart.grad[0, 0] > 0  # less to the left, less loss


def test_what_is_detected_is_one_box_a_picture_or_none():
    net = build().eval()
    one, other = net.detect(torch.rand(2, 3, 64, 64), 0.0, 0.5)
    assert one.boxes.shape == other.boxes.shape == (1, 4) and one.boxes.min() >= 0 and one.boxes.max() <= 64
    assert not len(net.detect(torch.rand(1, 3, 64, 64), 1.0, 0.5)[0].boxes)
