"""The dense CRF: mean field is that of loops over pixels, and scores without it are only enlarged."""

import math

import pytest
import torch
from torch.nn.functional import interpolate

from dltui.engine.models.crf_segmenter import ALIKE, BESIDE, NEAR, build, kernel, mean_field


def by_loops(picture, appearance, smoothness):
    """The kernel of a picture (C, H, W), pair by pair."""
    _, H, W = picture.shape
    places = [(y, x) for y in range(H) for x in range(W)]
    total = torch.zeros(H * W, H * W)
    for weight, with_colour, wide in ((appearance, True, NEAR), (smoothness, False, BESIDE)):
        one = torch.zeros(H * W, H * W)
        for i, (y, x) in enumerate(places):
            for j, (v, u) in enumerate(places):
                if i != j:
                    away = ((y - v) ** 2 + (x - u) ** 2) / wide**2
                    colour = (picture[:, y, x] - picture[:, v, u]).square().sum().item() / ALIKE**2
                    one[i, j] = math.exp(-(away + with_colour * colour) / 2)
        share = one.sum(1)
        total += weight * one / (share[:, None] * share).sqrt()
    return total


def test_the_kernel_and_a_round_are_those_of_loops():
    torch.manual_seed(0)
    picture, logits = torch.rand(1, 3, 4, 5), torch.randn(1, 3, 4, 5)
    pairs = kernel(picture, 6.0, 2.0)
    assert torch.allclose(pairs[0], by_loops(picture[0], 6.0, 2.0), atol=1e-4)
    q = logits[0].flatten(1).softmax(0)
    wanted = logits[0].flatten(1).clone()
    for i in range(20):
        for j in range(20):
            wanted[:, i] += pairs[0, i, j] * q[:, j]
    assert torch.allclose(mean_field(logits, pairs, 1)[0].flatten(1), wanted, atol=1e-4)


@pytest.mark.parametrize(("weights", "sharp"), [((6.0, 2.0), True), ((0.0, 2.0), False)])
def test_scores_that_spill_over_go_back_to_the_border_of_colours(weights, sharp):
    """Left half dark, right half bright; the scores put the border four pixels to the left."""
    picture = torch.zeros(1, 3, 12, 24)
    picture[..., 12:] = 1
    logits = torch.zeros(1, 2, 12, 24)
    logits[:, 1] = torch.linspace(-4, 8, 24)  # the border at column 8
    found = mean_field(logits, kernel(picture, *weights), 10).argmax(1)[0]
    assert (found[:, 12:] == 1).all() and (found[:, 8:12] == 0).all() == sharp


def test_nothing_is_refined_while_it_is_trained_or_without_rounds():
    torch.manual_seed(0)
    net, picture = build(rounds=3), torch.rand(2, 3, 16, 24)
    plain = build(rounds=0)
    plain.load_state_dict(net.state_dict())
    assert torch.equal(net.train()(picture), plain.train()(picture))
    net.load_state_dict(plain.state_dict())
    one, other = net.eval()(picture), plain.eval()(picture)
    assert one.shape == other.shape == (2, 2, 16, 24) and not torch.allclose(one, other)


@pytest.mark.parametrize("enlarge", ["nearest", "bilinear"])
def test_scores_of_blocks_are_enlarged(enlarge):
    net = build(enlarge=enlarge).eval()
    logits = net(torch.rand(1, 3, 16, 16))
    if enlarge == "nearest":
        assert torch.equal(logits, interpolate(logits[..., ::8, ::8], scale_factor=8))
    else:
        assert logits[0, 0].unique().numel() > 4
