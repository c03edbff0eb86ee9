"""Sliding windows: as many as the formula says, all within the picture, the best kept."""

import pytest
import torch

from dltui.engine.models.sliding_windows import build, windows
from tests.engine.models.test_fast_rcnn import OBJECTS, pictures


@pytest.mark.parametrize(("size", "sides", "stride"), [(64, [0.25], 4), (64, [0.2, 0.5, 1.0], 8), (50, [0.3], 7)])
def test_there_are_as_many_as_the_formula_says(size, sides, stride):
    found = windows(size, sides, stride)
    assert len(found) == sum(((size - round(share * size)) // stride + 1) ** 2 for share in sides)
    assert found.min() == 0 and found.max() <= size and len(found.unique(dim=0)) == len(found)


def test_windows_are_classified_by_their_pixels_alone_and_gradients():
    torch.manual_seed(0)
    net, x = build(stride=8), pictures(1)
    net.loss(x, OBJECTS[:1]).backward()
    assert all(p.grad.abs().sum() > 0 for p in net.parameters())
    net.eval()
    marked = x.clone()
    marked[..., 40:, 40:] = 0
    changed = (net(x) - net(marked)).abs().sum(-1)[0] > 1e-6
    touched = (net.windows[:, 2:] > 39).all(1)  # interpolation looks half a pixel beyond
    assert not changed[~touched].any() and changed.any()


def test_boxes_are_windows():
    net, x = build(stride=16).eval(), pictures(2)
    every = {tuple(one) for one in net.windows.tolist()}
    for found in net.detect(x, 0.0, 0.5):
        assert len(found.boxes) and {tuple(one) for one in found.boxes.tolist()} <= every
