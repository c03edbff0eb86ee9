"""Activation maximisation: it climbs, stays among pictures, and finds the best picture where that is known.

Wrong twins that these miss: a flipped sign (it falls), no way back into 0..1, one slope for the whole batch (a unit's
picture would depend on the others), a penalty of the wrong sign (brighter pictures).
"""

from itertools import product

import pytest
import torch
from torch import nn

from dltui.engine.algorithms.activation_maximisation import ascend, highest_if_linear

GREY = torch.full((4, 1, 6, 6), 0.5)


@pytest.fixture
def curved():
    """Each of four pictures has a unit of its own, of a small net with random weights; of very unlike sizes."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.Tanh(), nn.Flatten(), nn.Linear(128, 4)).requires_grad_(False)
    sizes = torch.tensor([1e-3, 1.0, 1.0, 1e3])
    return lambda x: (sizes * net(x)).diagonal()


def test_the_best_picture_of_a_linear_unit_is_white_where_its_weight_is_positive():
    """Guards the sign of the ascent, and pixels that leave 0..1."""
    torch.manual_seed(0)
    w = torch.randn(4, 1, 6, 6)
    x, path = ascend(lambda x: (w * x).sum((1, 2, 3)) - 1, GREY, 60, 0.2)
    matters = w.abs() > 0.2
    assert torch.equal(x[matters], (w > 0).float()[matters])
    assert path[-1].tolist() == pytest.approx((w.clamp(min=0).sum((1, 2, 3)) - 1).tolist(), rel=0.01)


def test_the_highest_answer_of_a_linear_unit_is_the_highest_of_all_black_and_white_pictures():
    torch.manual_seed(1)
    w = torch.randn(2, 1, 3, 3)
    every = torch.tensor(list(product((0.0, 1.0), repeat=9))).view(-1, 1, 1, 3, 3)
    best = (every * w).sum((2, 3, 4)).amax(0) + 0.7
    found = highest_if_linear(lambda x: (w * x).sum((1, 2, 3)) + 0.7, torch.zeros(2, 1, 3, 3))
    assert found.tolist() == pytest.approx(best.tolist(), rel=1e-5)


def test_it_climbs_nearly_all_the_way_and_stays_in_the_range_of_pixels(curved):
    x, path = ascend(curved, GREY, 60, 0.2)
    assert path.shape == (61, 4) and torch.equal(path[0], curved(GREY))
    assert torch.allclose(path[-1], curved(x))
    rise = path[-1] - path[0]
    assert (rise > 0).all()
    assert (path.diff(dim=0).clamp(max=0).sum(0) > -0.05 * rise).all(), "the steps downhill are few and small"
    assert x.min() == 0 and x.max() == 1
    torch.manual_seed(2)
    others = torch.stack([curved(torch.rand(4, 1, 6, 6)) for _ in range(200)])
    assert (path[-1] > others.amax(0)).all(), "higher than two hundred pictures of noise"


def test_a_flipped_sign_goes_down_as_far(curved):
    _, up = ascend(curved, GREY, 60, 0.2)
    x, _ = ascend(lambda x: -curved(x), GREY, 60, 0.2)
    assert (curved(x) < up[0]).all() and (up[-1] > up[0]).all()


def test_a_picture_is_the_same_alone_as_among_others(curved):
    """Each has its own slope, price of light and length of a step, though answers differ by a million times."""
    vmapped, _ = ascend(curved, GREY, 20, 0.2, 0.1)
    for n in range(4):
        alone, _ = ascend(lambda x, n=n: curved(x.expand(4, -1, -1, -1))[n : n + 1], GREY[:1], 20, 0.2, 0.1)
        assert torch.allclose(alone[0], vmapped[n], atol=1e-3)


def test_the_penalty_leaves_less_light_and_what_a_unit_does_not_see_is_left_alone():
    torch.manual_seed(3)
    w = torch.randn(4, 1, 6, 6)
    w[:, :, 0] = 0
    x, _ = ascend(lambda x: (w * x).sum((1, 2, 3)), GREY, 60, 0.2, penalty=0.2)
    assert (x[:, :, 0] == 0.5).all()
    price = 0.2 * w.abs().amax((1, 2, 3), keepdim=True)
    sure = ((w - price).abs() > 0.2) & (w != 0)
    assert torch.equal(x[sure], (w > price).float()[sure])
    assert ((w > 0) & (w < price) & sure).any(), "there are pixels worth less than they cost"


def test_it_leaves_no_gradients_behind_and_needs_none_switched_on():
    layer = nn.Conv2d(1, 4, 6)
    with torch.no_grad():
        x, path = ascend(lambda x: layer(x)[:, :, 0, 0].diagonal(), GREY, 3, 0.2)
    assert layer.weight.grad is None and not x.requires_grad and not path.requires_grad
    assert (path[-1] > path[0]).all()
