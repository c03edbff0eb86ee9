"""Pixel by pixel: bits are a likelihood that sums to 1, leaks are found, samples follow the net."""

import itertools

import pytest
import torch
from torch import nn

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.models import pixelcnn
from dltui.engine.tasks import pixel_by_pixel
from tests.engine.conftest import CPU


def made(net=None, levels=2, side=8):
    torch.manual_seed(0)
    inputs = torch.randint(0, 256, (40, 1, side, side), dtype=torch.uint8)
    split = Split(inputs, torch.zeros(40, dtype=torch.long))
    net = net or pixelcnn.build(levels=levels, width=6, blocks=2)
    return pixel_by_pixel.build(shrink=1)(Dataset(split, split, (), "builtin", "", {}), {"model": net}, CPU)


class Peeking(nn.Module):
    """Says of each pixel what it is: an unmasked net at its best."""

    levels = 2

    def forward(self, pictures):
        return torch.cat([0.5 - pictures, pictures - 0.5], 1) * 40


def test_the_probabilities_of_all_pictures_sum_to_one():
    """Guards the likelihood: an unmasked net's would sum to more."""
    task = made(side=3)
    every = torch.tensor(list(itertools.product([0, 1], repeat=9))).view(-1, 3, 3)
    with torch.no_grad():
        bits = torch.stack([task.bits(shades[None]) * 9 for shades in every])
        assert (2**-bits).sum().item() == pytest.approx(1, abs=1e-4)
        task.net = Peeking()
        bits = torch.stack([task.bits(shades[None]) * 9 for shades in every])
        assert (2**-bits).sum() > 100


def test_a_leak_is_found():
    """Guards the claim itself: a net without masks must not look tight."""
    with torch.no_grad():
        assert made().evaluate()["leak"] < 1e-6
        assert made(Peeking()).evaluate()["leak"] > 1


def test_independent_pixels_are_counted():
    """A pixel that is always black costs almost nothing, one that is any of four shades two bits."""
    x = torch.stack([torch.zeros(4000, dtype=torch.long), torch.arange(4000) % 4], 1)[:, None]  # (4000, 1, 2)
    assert pixel_by_pixel.independent_bits(x, x, 4) == pytest.approx(1, abs=0.01)


def test_shades_are_equally_wide_and_squares_become_one():
    task = made(levels=4)
    ramp = torch.arange(256, dtype=torch.uint8).view(1, 1, 16, 16)
    assert task._shades(ramp, 1).flatten().bincount().tolist() == [64] * 4
    assert task._shades(ramp, 4).shape == (1, 4, 4)
    back = task._pictures(torch.arange(4).view(1, 1, 4))
    assert torch.allclose(back.flatten(), torch.tensor([0, 1 / 3, 2 / 3, 1]))


class Stripes(nn.Module):
    """Sure that a pixel is the opposite of its left neighbour; the first of a row is white."""

    levels = 2

    def forward(self, pictures):
        left = nn.functional.pad(pictures, (1, 0))[..., :-1]
        return torch.cat([left, 1 - left], 1) * 100


def test_samples_follow_what_is_said_of_each_pixel():
    with torch.no_grad():
        drawn = made(Stripes()).sample(3)
    assert torch.equal(drawn, (1 - torch.arange(8) % 2).float().expand(3, 1, 8, 8))


def test_what_is_not_yet_drawn_is_blue():
    with torch.no_grad():
        sheet = next(made(side=10).pictures()).payload["pixels"]
    columns = sheet.reshape(pixel_by_pixel.SHOWN, 10, len(pixel_by_pixel.STAGES), 10, 3)
    blue = (columns[..., 2] > columns[..., 0]).mean((0, 1, 3))
    assert blue == pytest.approx([1 - share for share in pixel_by_pixel.STAGES], abs=0.01)
