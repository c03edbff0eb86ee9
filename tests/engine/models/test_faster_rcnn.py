"""Faster R-CNN: anchors and outputs of a place belong together; proposals are the surest, those alike removed."""

import torch

from dltui.engine.layers.anchors import encode
from dltui.engine.layers.boxes import iou
from dltui.engine.models.faster_rcnn import APART, build, shapes
from tests.engine.models.test_fast_rcnn import OBJECTS, pictures


def test_anchors_of_a_scale_have_one_area_and_their_ratio():
    for width, height in shapes(64, [0.25], [0.5, 1.0, 2.0]):
        assert round(width * height, 3) == 256
    assert [round(height / width, 3) for width, height in shapes(64, [0.25], [0.5, 1.0, 2.0])] == [0.5, 1, 2]


def test_nine_anchors_a_cell_and_gradients_everywhere():
    torch.manual_seed(0)
    net, x = build(), pictures()
    objectness, offsets = net.objectness(net.trunk(x))
    assert objectness.shape == (2, 9 * 16 * 16) and offsets.shape == (2, 9 * 16 * 16, 4) == (2, len(net.anchors), 4)
    net.loss(x, OBJECTS).backward()
    assert all(p.grad.abs().sum() > 0 for p in net.parameters())


def test_the_outputs_of_a_place_belong_to_the_anchors_there():
    """Guards against rows and columns, or anchors and cells, changed about."""
    net = build().eval()
    x = torch.zeros(1, 3, 64, 64)
    marked = x.clone()
    marked[..., 52:60, 4:12] = 5
    moved = (net.objectness(net.trunk(marked))[0] - net.objectness(net.trunk(x))[0]).abs()[0]
    left, top, right, bottom = net.anchors[moved.argmax()].tolist()
    assert abs((left + right) / 2 - 8) <= 10 and abs((top + bottom) / 2 - 56) <= 10


def test_proposals_are_the_surest_anchors_moved_and_none_twice():
    net = build(regions=5).eval()
    maps = torch.zeros(1, 32, 16, 16)
    objectness, offsets = torch.full((1, len(net.anchors)), -9.0), torch.zeros(1, len(net.anchors), 4)
    goal = torch.tensor([18.0, 20, 40, 44])
    first = 9 * (8 * 16 + 7) + 4
    objectness[0, first], objectness[0, first + 1], objectness[0, 9 * 30] = 3, 2, 1
    for number in (first, first + 1):
        offsets[0, number] = encode(goal, net.anchors[number])
    net.objectness = lambda maps: (objectness, offsets)
    found = net.best(maps, 64)[0]
    assert torch.allclose(found[0], goal, atol=1e-3) and torch.allclose(found[1], net.anchors[9 * 30].clamp(0, 64))
    overlap = iou(found[:, None], found[None]).fill_diagonal_(0)
    assert found.shape == (5, 4) and overlap.max() <= APART
