"""A net of places: what it is given, on which pixels it is trained, and the measures of its picture."""

import math

import pytest
import torch

from dltui.engine.algorithms.coordinate_net import BANDS, build, missing, psnr
from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from tests.engine.conftest import context


def made(**options):
    """Of two pictures of stripes, 16 x 16."""
    torch.manual_seed(0)
    wave = 128 + 100 * torch.sin(2 * math.pi * torch.arange(16) / 4)
    pictures = torch.stack([wave.expand(3, 16, 16), wave.expand(3, 16, 16).mT]).to(torch.uint8)
    split = Split(pictures, torch.arange(2))
    data = Dataset(split, split, ("a", "b"), "builtin", "", facts_of(pictures, ("a", "b")))
    return build(hidden=[32], batch=64, **options)(context(data))


def test_the_waves_are_those_of_the_paper_and_a_net_without_them_sees_the_place():
    net = made(frequencies=5, scale=2.0)
    given = []
    net.net.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0]))
    v = torch.rand(4, 2)
    net.colour(v)
    turns = 2 * math.pi * v @ net.B.T
    assert net.B.shape == (5, 2) and torch.equal(given[0], torch.cat([turns.cos(), turns.sin()], 1))
    assert made(features="none").net[0].in_features == 2


def test_half_of_the_pixels_as_on_a_chessboard_are_for_training():
    net = made()
    known = torch.zeros(256)
    known[net.known] = 1
    board = known.view(16, 16)
    assert board.sum() == 128 and (board[:, 1:] != board[:, :-1]).all() and (board[1:] != board[:-1]).all()
    assert torch.equal(net.colours[17], net.picture[:, 1, 1])


def test_with_waves_it_learns_stripes_and_without_it_does_not():
    found = []
    for features in ("fourier", "none"):
        net = made(features=features)
        for _ in range(120):
            net.step()
        found.append(net.evaluate()["psnr"])
    assert found[0] > found[1] + 8


def test_measures():
    assert psnr(torch.full((4,), 0.01)) == pytest.approx(20)
    picture = torch.rand(3, 16, 16)
    frequencies, shares = missing(torch.zeros_like(picture), picture)
    assert len(frequencies) == BANDS and torch.allclose(shares, torch.ones(BANDS))
    assert not missing(picture, picture)[1].any()
    assert made(picture=1).picture[0, :, 0].std() > 0.1 > made().picture[0, :, 0].std()
