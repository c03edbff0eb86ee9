"""FPN: every level of the pyramid is its own map and the enlarged coarser level."""

import pytest
import torch
from torch.nn.functional import max_pool2d

from dltui.engine.models.fpn import build
from dltui.errors import DltuiError


def by_hand(net, pictures):
    """The pyramid as the paper's figure 3 draws it, of sides that halve without rest."""
    maps, own = net.features[0](pictures), []
    for features in net.features[1:]:
        maps = features(max_pool2d(maps, 2))
        own.append(maps)
    found = [net.laterals[-1](own[-1])]
    for lateral, map_ in zip(net.laterals[-2::-1], own[-2::-1], strict=True):
        twice = found[0].repeat_interleave(2, 2).repeat_interleave(2, 3)
        found.insert(0, lateral(map_) + twice)
    return found


def test_a_level_is_its_own_map_and_the_coarser_level_enlarged():
    torch.manual_seed(0)
    net, pictures = build(classes=4).eval(), torch.rand(2, 3, 48, 32)
    levels = net.levels(pictures)
    assert [tuple(level.shape[1:]) for level in levels] == [(16, 48 >> k, 32 >> k) for k in range(1, 5)]
    assert all(torch.allclose(*pair, atol=1e-6) for pair in zip(levels, by_hand(net, pictures), strict=True))
    assert all(
        torch.equal(stage, level.clamp(min=0)) for stage, level in zip(net.stages(pictures), levels, strict=True)
    )


@pytest.mark.parametrize("top_down", [True, False])
def test_only_from_above_does_a_far_place_reach_a_pixel(top_down):
    torch.manual_seed(0)
    net, picture = build(classes=3, top_down=top_down).eval(), torch.rand(1, 3, 64, 64)
    other = picture.clone()
    other[..., -24:] += 10
    moved = (net(other) - net(picture))[..., :24].abs().max()
    assert (moved > 1e-5) == top_down


def test_sides_that_halve_with_a_rest_and_gradients():
    net = build(classes=4)
    logits = net(torch.rand(2, 3, 40, 27))
    assert logits.shape == (2, 4, 40, 27)
    logits.square().sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())


def test_pictures_that_are_too_small_are_told():
    with pytest.raises(DltuiError, match="at least 16 pixels; these have 12"):
        build()(torch.rand(2, 3, 12, 40))
