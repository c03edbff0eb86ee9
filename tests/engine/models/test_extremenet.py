"""ExtremeNet: four extreme points and a centre that know the objects give their boxes and octagons."""

import pytest
import torch

from dltui.engine.layers.boxes import iou
from dltui.engine.models.extremenet import SIDES, Extremes, build, extreme_points, filled, octagons
from dltui.errors import DltuiError

OBJECTS = torch.tensor([[[4.0, 4, 22, 22, 2], [36, 36, 56, 54, 2]], [[8.0, 20, 40, 30, 1], [0, 0, 0, 0, -1]]])
PICTURES = torch.zeros(2, 3, 64, 64)


def masks_of(objects):
    """The boxes, filled."""
    at = torch.arange(64) + 0.5
    x1, y1, x2, y2 = objects[..., :4].unbind(-1)
    columns = (at > x1[..., None]) & (at < x2[..., None])
    rows = (at > y1[..., None]) & (at < y2[..., None])
    return rows[..., None] & columns[..., None, :]


def knowing(objects):
    """What cells say that know the objects."""
    heat, offsets = torch.full((2, 5, 3, 16, 16), -20.0), torch.zeros(2, 4, 2, 16, 16)
    points = extreme_points(masks_of(objects))
    middle = (objects[..., :2] + objects[..., 2:4]) / 2
    for picture, rows in enumerate(objects):
        for number in range(int((rows[:, 4] >= 0).sum())):
            for kind, (x, y) in enumerate([*points[picture, :, number].tolist(), middle[picture, number].tolist()]):
                column, line = int(x / 4), int(y / 4)
                heat[picture, kind, int(rows[number, 4]), line, column] = 20
                if kind < len(SIDES):
                    offsets[picture, kind, :, line, column] = torch.tensor([x / 4 - column, y / 4 - line])
    return Extremes(heat, offsets)


def test_extreme_points_are_the_middles_of_a_masks_first_and_last_rows_and_columns():
    mask = torch.zeros(1, 1, 8, 9, dtype=torch.bool)
    for y, x in ((1, 4), (2, 3), (2, 4), (3, 1), (3, 2), (3, 3), (3, 7), (5, 2), (5, 3)):
        mask[0, 0, y, x] = True
    assert extreme_points(mask)[0, :, 0].tolist() == [[4.5, 1], [1, 3.5], [3, 6], [8, 3.5]]


def test_every_weight_has_a_gradient():
    torch.manual_seed(0)
    net = build(classes=4)
    heat, offsets = net(torch.rand(2, 3, 64, 64))
    assert heat.shape == (2, 5, 4, 16, 16) and offsets.shape == (2, 4, 2, 16, 16)
    net.loss(torch.rand(2, 3, 64, 64), OBJECTS, masks_of(OBJECTS)).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


def test_who_knows_the_objects_pays_nothing_and_finds_them():
    net = build()
    assert net.cost(knowing(OBJECTS), OBJECTS, extreme_points(masks_of(OBJECTS))).item() == pytest.approx(0, abs=1e-5)
    net.forward = lambda pictures: knowing(OBJECTS)
    for one, there in zip(net.detect(PICTURES, 0.6, 1.0), OBJECTS, strict=True):
        there = there[there[:, 4] >= 0]
        assert len(one.boxes) == len(there)
        overlap = iou(one.boxes[:, None], there[None, :, :4])
        assert (overlap.amax(0) > 0.999).all()
        assert one.classes.tolist() == there[overlap.argmax(1), 4].long().tolist()


def test_without_the_check_points_of_two_objects_make_ghosts():
    net = build(centre_score=0.0)
    net.forward = lambda pictures: knowing(OBJECTS)
    found = net.detect(PICTURES, 0.6, 1.0)[0]
    overlap = iou(found.boxes[:, None], OBJECTS[0][None, :, :4]).amax(1)
    assert len(overlap) == 3 and (overlap < 0.5).sum() == 1  # the box around both


def test_an_octagon_follows_each_side_for_a_quarter_and_holds_its_pixels():
    box, points = torch.tensor([[8.0, 8, 24, 40]]), torch.tensor([[16.0, 24, 16, 24]])
    corners = octagons(box, points)[0]
    assert corners.tolist() == [[14, 8], [18, 8], [24, 20], [24, 28], [18, 40], [14, 40], [8, 28], [8, 20]]
    x, y = corners.T
    shoelace = (x * y.roll(-1) - y * x.roll(-1)).sum().abs() / 2
    assert filled(corners[None], 64).sum().item() == pytest.approx(shoelace.item(), rel=0.05)


def test_the_octagon_of_a_box_goes_through_the_hottest_places_of_its_sides():
    net = build()
    net.forward = lambda pictures: knowing(OBJECTS)
    boxes = net.detect(PICTURES, 0.6, 1.0)
    for one, shapes in zip(boxes, net.masks(PICTURES, boxes), strict=True):
        for box, shape in zip(one.boxes, shapes, strict=True):
            share = shape.sum() / (box[2:] - box[:2]).prod()
            assert 0.6 < share < 0.85  # 23/32 where all points are in the middle
    assert net.masks(PICTURES, [one.take(torch.zeros(0, dtype=torch.long)) for one in boxes])[0].shape == (0, 64, 64)


def test_pictures_of_half_a_cell_are_refused():
    with pytest.raises(DltuiError, match="whole cells"):
        build(size=40)


def test_four_points_that_do_not_fit_are_no_box_whatever_the_least_score():
    torch.manual_seed(0)
    net = build(width=2).eval()
    with torch.no_grad():
        (found,) = net.detect(torch.rand(1, 3, 64, 64), 0.0, 0.5)
    assert (found.boxes[:, 2:] > found.boxes[:, :2]).all() and (found.scores >= 0).all()
