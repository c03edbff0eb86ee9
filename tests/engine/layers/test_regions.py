"""Regions to train on: their owners by brute force, their loss by hand, and boxes out of logits."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from dltui.engine.layers.anchors import encode
from dltui.engine.layers.boxes import iou
from dltui.engine.layers.regions import Sampled, of_regions, region_loss, sampled

OBJECTS = torch.tensor([[[4.0, 4, 20, 20, 1], [30, 30, 50, 60, 2]], [[8.0, 8, 40, 40, 0], [0, 0, 0, 0, -1]]])


def regions() -> torch.Tensor:
    torch.manual_seed(0)
    corner = torch.rand(2, 40, 2) * 40
    return torch.cat([corner, corner + 6 + torch.rand(2, 40, 2) * 30], -1)


def test_each_region_has_the_object_of_the_greatest_iou():
    torch.manual_seed(1)
    one = sampled(regions(), OBJECTS, 16)
    assert one.regions.shape == (2, 16, 4)
    for picture in range(2):
        there = OBJECTS[picture][OBJECTS[picture, :, 4] >= 0]
        for region, owner, of_class, box in zip(*(part[picture] for part in one), strict=True):
            overlap = iou(region, there[:, :4])
            if overlap.max() >= 0.5:
                assert owner == overlap.argmax() and of_class == there[owner, 4] + 1
                assert torch.equal(box, there[owner, :4])
            else:
                assert owner == -1 and of_class == 0


def test_objects_own_boxes_are_among_them_and_half_are_of_none():
    one = sampled(regions(), OBJECTS, 16)
    assert ((one.classes > 0).sum(1) <= 8).all()
    for picture, number in ((0, 0), (0, 1), (1, 0)):
        assert any(torch.equal(row, OBJECTS[picture, number, :4]) for row in one.regions[picture])


def test_the_loss_by_hand():
    wanted = Sampled(
        regions()[:, :2], torch.tensor([[0, -1], [-1, -1]]), torch.tensor([[2, 0], [0, 0]]), regions()[:, 2:4]
    )
    torch.manual_seed(2)
    logits, offsets = torch.randn(2, 2, 4), torch.randn(2, 2, 4)
    of_class = cross_entropy(logits.view(4, 4), torch.tensor([2, 0, 0, 0]))
    error = (offsets[0, 0] - encode(wanted.boxes[0, 0], wanted.regions[0, 0])).abs()
    of_box = torch.where(error < 1, error.square() / 2, error - 0.5).sum()
    assert region_loss(logits, offsets, wanted).item() == pytest.approx((of_class + of_box).item())


def test_boxes_come_from_the_likeliest_class_that_is_not_the_ground():
    places = torch.tensor([[[4.0, 4, 20, 20], [5.0, 4, 20, 20], [30.0, 30, 70, 50]]])
    logits = torch.tensor([[[0.0, 3, 0, 0], [0.0, 2, 0, 0], [5.0, 0, 0, 6]]])
    (found,) = of_regions(logits, None, places, 64, 0.2, 0.5)
    assert found.classes.tolist() == [0, 2] and found.boxes.tolist() == [[4, 4, 20, 20], [30, 30, 64, 50]]
    assert len(of_regions(logits, None, places, 64, 0.2, 1.0)[0].boxes) == 3
