"""A learned threshold: the window's mean and deviation by hand, and an edge of light that one threshold cannot pass."""

import pytest
import torch

from dltui.engine.models.threshold import around, build
from dltui.errors import DltuiError


def test_mean_and_deviation_of_the_window_are_numpys():
    pictures = torch.rand(2, 1, 9, 9, dtype=torch.float64)
    mean, deviation = around(pictures, 5)
    window = pictures[1, 0, 2:7, 3:8].numpy()  # around row 4, column 5
    assert mean[1, 0, 4, 5].item() == pytest.approx(window.mean())
    assert deviation[1, 0, 4, 5].item() == pytest.approx(window.std())


def test_only_a_threshold_that_follows_the_light_finds_ink_in_the_shade():
    light = torch.ones(1, 1, 32, 32)
    light[..., 16:] = 0.3  # paper in the shade is darker than ink in the light
    ink = torch.zeros(1, 1, 32, 32, dtype=torch.bool)
    ink[..., 4::6, 3:12] = ink[..., 4::6, 20:29] = True
    page = light * (1 - 0.5 * ink)
    nets = build(), build(window=9)
    nets[1].a.data.fill_(-0.05)
    wrong = [((net(page) < 0) != ink).float().mean().item() for net in nets]
    assert wrong[0] > 0.4 and wrong[1] < 0.15


def test_windows_without_a_middle_or_wider_than_the_picture_are_told():
    with pytest.raises(DltuiError, match="window 4 has no middle"):
        build(window=4)
    with pytest.raises(DltuiError, match="too wide for pictures of 8 x 8"):
        build(window=17)(torch.rand(1, 1, 8, 8))
