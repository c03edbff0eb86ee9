"""Overlap tiles: with enough margin they answer as the whole picture does, and not otherwise."""

import pytest
import torch
from torch import nn

from dltui.engine.algorithms.overlap_tiles import mirrored, tiled

REACH = 3


@pytest.fixture
def net():
    """Three convolutions, so that an answer depends on three pixels to each side; sizes shrink by none."""
    torch.manual_seed(0)
    layers = [nn.Conv2d(a, b, 3, padding=1) for a, b in ((1, 4), (4, 4), (4, 2))]
    return nn.Sequential(layers[0], nn.Tanh(), layers[1], nn.Tanh(), layers[2]).requires_grad_(False)


@pytest.fixture
def pictures():
    return torch.rand(3, 1, 12, 24, generator=torch.Generator().manual_seed(1))


def test_with_a_margin_of_the_reach_tiles_answer_as_the_whole_picture_and_not_with_less(net, pictures):
    """Guards against a margin that is cut off the wrong side, and tiles put together in the wrong order."""
    whole = net(mirrored(pictures, REACH))[..., REACH:-REACH, REACH:-REACH]
    assert torch.allclose(tiled(net, pictures, 4, REACH), whole, atol=1e-6)
    for margin in (0, REACH - 1):
        apart = (tiled(net, pictures, 4, margin) - whole).abs().amax((0, 1))
        assert (apart > 1e-4).any()


def test_without_a_margin_each_tile_is_a_picture_of_its_own(net, pictures):
    found = tiled(net, pictures, 4, 0)
    assert torch.allclose(found[:, :, 4:8, 8:12], net(pictures[:, :, 4:8, 8:12]), atol=1e-6)


def test_beyond_the_edge_the_picture_is_mirrored():
    """Guards against a black frame, and against an edge that is repeated: the pixel at the edge stands once."""
    row = torch.arange(4.0).expand(1, 1, 4, 4)
    assert mirrored(row, 2)[0, 0, 0].tolist() == [2, 1, 0, 1, 2, 3, 2, 1]
