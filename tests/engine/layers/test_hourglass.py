"""Down and up again: maps of three sizes, each of which knows the whole picture."""

import torch

from dltui.engine.layers.hourglass import Hourglass


def test_maps_of_three_sizes_and_gradients_everywhere():
    torch.manual_seed(0)
    body = Hourglass(3, 4)
    levels = body.levels(torch.rand(2, 3, 64, 64))
    assert [tuple(maps.shape) for maps in levels] == [(2, 16, 4, 4), (2, 16, 8, 8), (2, 16, 16, 16)]
    levels[-1].square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in body.parameters())


def test_the_finest_map_knows_what_is_far_away():
    """Guards against maps that are not handed back up."""
    torch.manual_seed(0)
    body = Hourglass(3, 4).eval()
    picture = torch.rand(1, 3, 64, 64)
    marked = picture.clone()
    marked[..., 40:, 40:] = 0
    assert (body(marked) - body(picture))[..., :6, :6].abs().max() > 0
