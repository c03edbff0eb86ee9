"""CenterNet: points that know the objects give their boxes, and cost nothing."""

import pytest
import torch

from dltui.engine.layers.boxes import iou
from dltui.engine.models.centernet import Points, build
from dltui.errors import DltuiError

OBJECTS = torch.tensor([[[20.0, 8, 37, 24, 2], [50, 49, 57, 58, 0]], [[5.0, 5, 15, 16, 1], [0, 0, 0, 0, -1]]])


def knowing(objects):
    """What cells say that know the objects."""
    heat = torch.full((2, 3, 16, 16), -20.0)
    offsets, sides = torch.zeros(2, 2, 16, 16), torch.ones(2, 2, 16, 16)
    for picture, rows in enumerate(objects):
        for x1, y1, x2, y2, number in rows[rows[:, 4] >= 0].tolist():
            x, y = (x1 + x2) / 8, (y1 + y2) / 8
            column, row = int(x), int(y)
            heat[picture, int(number), row, column] = 20
            offsets[picture, :, row, column] = torch.tensor([x - column, y - row])
            sides[picture, :, row, column] = torch.tensor([(x2 - x1) / 4, (y2 - y1) / 4])
    return Points(heat, offsets, sides)


def test_every_cell_has_heat_offsets_and_sides_and_every_weight_a_gradient():
    torch.manual_seed(0)
    net = build(classes=4)
    heat, offsets, sides = net(torch.rand(2, 3, 64, 64))
    assert heat.shape == (2, 4, 16, 16) and offsets.shape == sides.shape == (2, 2, 16, 16)
    net.loss(torch.rand(2, 3, 64, 64), OBJECTS).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


def test_who_knows_the_objects_pays_nothing_and_finds_them_without_suppression():
    """Guards rows taken for columns, offsets from the wrong corner, and sides that are halved twice."""
    net = build()
    assert net.cost(knowing(OBJECTS), OBJECTS).item() == pytest.approx(0, abs=1e-5)
    net.forward = lambda pictures: knowing(OBJECTS)
    for one, there in zip(net.detect(torch.zeros(2, 3, 64, 64), 0.2, 1.0), OBJECTS, strict=True):
        there = there[there[:, 4] >= 0]
        assert len(one.boxes) == len(there)
        overlap = iou(one.boxes[:, None], there[None, :, :4])
        assert (overlap.amax(0) > 0.999).all()
        assert one.classes.tolist() == there[overlap.argmax(1), 4].long().tolist()


def test_what_is_off_costs_the_papers_weights():
    points = knowing(OBJECTS)
    points.offsets[0, 0, 4, 7] += 0.25  # of three objects one: its middle is cell 7 (28.5 px), 4 (16 px)
    points.sides[1, 1, 2, 2] -= 3  # its middle is 10, 10.5
    assert build().cost(points, OBJECTS).item() == pytest.approx((0.25 + 0.1 * 3) / 3, abs=1e-5)


def test_a_cell_beside_the_peak_gives_no_box_unless_all_do():
    points = knowing(OBJECTS)
    points.heat[0, 2, 4, 8] = 1.0
    for peaks_only, boxes in ((True, 2), (False, 3)):
        net = build(peaks_only=peaks_only)
        net.forward = lambda pictures: points
        assert len(net.detect(torch.zeros(2, 3, 64, 64), 0.2, 1.0)[0].boxes) == boxes


def test_without_offsets_the_middle_is_that_of_the_cell():
    net = build(offsets=False)
    assert (net(torch.rand(1, 3, 64, 64)).offsets == 0.5).all()


def test_heat_maps_are_named_by_class():
    maps = build(classes=2)(torch.rand(1, 3, 64, 64)), build(classes=2).heat_maps(torch.rand(1, 3, 64, 64))
    assert list(maps[1]) == [0, 1] and all(heat.min() >= 0 and heat.max() <= 1 for heat in maps[1].values())


def test_pictures_of_half_a_cell_are_refused():
    with pytest.raises(DltuiError, match="whole cells"):
        build(size=40)
