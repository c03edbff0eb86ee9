"""YOLOv3: which anchors answer for an object, equal to loops; boxes that lead back; what mistakes cost."""

import pytest
import torch
from torch.nn.functional import one_hot

from dltui.engine.layers.anchors import of_owners
from dltui.engine.layers.boxes import iou
from dltui.engine.models.yolov3 import SHAPES, Cells, build
from dltui.errors import DltuiError

OBJECTS = torch.tensor([[[20.0, 8, 36, 24, 2], [50, 50, 57, 56, 0]], [[5.0, 5, 33, 30, 1], [0, 0, 0, 0, -1]]])


def knowing(net, objects):
    """What anchors say that know the objects for which they are responsible."""
    owner = net.owners(objects)
    boxes, of_class = of_owners(owner, objects)
    middle, sides = (net.anchors[:, :2] + net.anchors[:, 2:]) / 2, net.anchors[:, 2:] - net.anchors[:, :2]
    within = ((boxes[..., :2] + boxes[..., 2:]) / 2 - middle) / net.cell + 0.5
    stretch = ((boxes[..., 2:] - boxes[..., :2]).clamp(min=1e-3) / sides).log()
    places = torch.cat([torch.logit(within.clamp(1e-6, 1 - 1e-6)), stretch], -1)
    sure = torch.where(owner >= 0, 20.0, -20.0)
    return Cells(places, sure, 40.0 * one_hot(of_class.clamp(min=0), 3) - 20)


def test_every_anchor_gives_a_box_and_every_weight_has_a_gradient():
    torch.manual_seed(0)
    net = build()
    places, objectness, classes = net(torch.rand(2, 3, 64, 64))
    K = 3 * (16**2 + 8**2 + 4**2)
    assert places.shape == (2, K, 4) and objectness.shape == (2, K) and classes.shape == (2, K, 3)
    assert objectness.sigmoid().mean() < 0.1
    (places.square().sum() + objectness.sum() + classes.square().sum()).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


@pytest.mark.parametrize("fitting", [0.5, 1.0])
@pytest.mark.parametrize("grids", [(4, 8, 16), (8,), (4, 16)])
def test_the_anchors_that_answer_are_those_of_loops(fitting, grids):
    """Guards against rows taken for columns, another order of anchors than the outputs', and padding that is owned."""
    net = build(grids=grids, fitting=fitting)
    wanted = torch.full((2, len(net.anchors)), -1)
    edges = [9 * part // len(grids) for part in range(len(grids) + 1)]
    for picture, rows in enumerate(OBJECTS):
        for number, (x1, y1, x2, y2, of_class) in enumerate(rows.tolist()):
            if of_class < 0:
                continue
            w, h = x2 - x1, y2 - y1
            fits = [min(w, 64 * s) * min(h, 64 * s) for s in SHAPES]
            fits = [both / (w * h + (64 * s) ** 2 - both) for both, s in zip(fits, SHAPES, strict=True)]
            for shape, fit in enumerate(fits):
                if fit >= fitting or fit == max(fits):
                    grid = next(g for g in range(len(grids)) if edges[g] <= shape < edges[g + 1])
                    first = sum((64 // grids[g]) ** 2 * (edges[g + 1] - edges[g]) for g in range(grid))
                    column, row = int((x1 + x2) / 2 // grids[grid]), int((y1 + y2) / 2 // grids[grid])
                    cell = row * (64 // grids[grid]) + column
                    wanted[picture, first + cell * (edges[grid + 1] - edges[grid]) + shape - edges[grid]] = number
    assert torch.equal(net.owners(OBJECTS), wanted)


def test_who_knows_the_objects_pays_nothing_and_finds_them():
    net = build()
    given = knowing(net, OBJECTS)
    assert net.cost(given, OBJECTS).item() == pytest.approx(0, abs=1e-4)
    net.forward = lambda pictures: given
    for one, there in zip(net.detect(torch.zeros(2, 3, 64, 64), 0.2, 0.5), OBJECTS, strict=True):
        there = there[there[:, 4] >= 0]
        assert len(one.boxes) == len(there)
        overlap = iou(one.boxes[:, None], there[None, :, :4])
        assert (overlap.amax(0) > 0.999).all()
        assert one.classes.tolist() == there[overlap.argmax(1), 4].long().tolist()


def test_a_box_that_fits_without_being_responsible_is_not_asked_and_a_stray_one_is():
    net = build(fitting=1.0)
    given = knowing(net, OBJECTS)
    fitting = iou(net.boxes(given.places)[0], OBJECTS[0, 0, :4])
    beside = iou(net.anchors, OBJECTS[0, 0, :4]).masked_fill(net.owners(OBJECTS)[0] >= 0, 0).argmax()
    given.places[0, beside] = 0  # the anchor itself, whose IoU is above a half
    assert fitting.max() > 0.99 and iou(net.anchors[beside], OBJECTS[0, 0, :4]) > 0.5
    given.objectness[0, beside] = 10.0
    assert net.cost(given, OBJECTS).item() == pytest.approx(0, abs=1e-4)
    stray = int(iou(net.anchors, OBJECTS[0, 0, :4]).argmin())
    given.objectness[0, stray] = 10.0
    assert net.cost(given, OBJECTS).item() == pytest.approx(10 / 2, abs=1e-2)


def test_shapes_are_where_k_means_on_iou_puts_them():
    """Each of the nine is the mean of the squares that fit it best, of sides drawn as the scenes' are."""
    from dltui.engine.generators.scenes import scenes

    drawn = scenes(400, 1, most=8, smallest=0.09)
    boxes = torch.from_numpy(drawn.boxes)[torch.from_numpy(drawn.classes) >= 0] / 64
    sides = boxes[:, 2:] - boxes[:, :2]
    shapes = torch.tensor(SHAPES)
    both = torch.minimum(sides[:, None], shapes[None, :, None]).prod(-1)
    nearest = (both / (sides.prod(1)[:, None] + shapes.square() - both)).argmax(1)
    means = torch.stack([sides[nearest == number].mean() for number in range(9)])
    assert (means - shapes).abs().max() < 0.02


def test_what_does_not_fit_is_refused():
    with pytest.raises(DltuiError, match="whole cells"):
        build(size=40)
    with pytest.raises(DltuiError, match="some of 4, 8 and 16"):
        build(grids=[32])
