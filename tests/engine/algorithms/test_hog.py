"""Histograms of oriented gradients: against scipy's gradients, numpy's counts, and pictures whose edges are known."""

import math

import numpy as np
import pytest
import torch
from scipy.ndimage import correlate1d

from dltui.engine.algorithms.hog import gradients, histograms, hog, votes


def ramp(degrees: float, size: int = 8, centre: float = 0.5) -> torch.Tensor:
    """A picture (1, size, size) that brightens evenly in a direction: to the right at 0, downwards at 90."""
    at = torch.arange(size).double()
    angle = math.radians(degrees)
    return (centre + 0.05 * (math.cos(angle) * at + math.sin(angle) * at[:, None]))[None]


def test_gradients_are_scipys():
    x = torch.rand(3, 5, 7, generator=torch.Generator().manual_seed(0)).double()
    for found, axis in zip(gradients(x), (2, 1), strict=True):
        want = correlate1d(x.numpy(), [-1, 0, 1], axis=axis, mode="nearest")
        np.testing.assert_allclose(found.numpy(), want)


@pytest.mark.parametrize(("degrees", "want"), [(10, 0), (50, 2), (90, 4), (170, 8), (190, 0), (270, 4)])
def test_an_edge_votes_for_its_direction_whichever_side_is_bright(degrees, want):
    found = votes(ramp(degrees), 9)[0, :, 2:-2, 2:-2]  # away from the border
    assert (found.argmax(0) == want).all()
    torch.testing.assert_close(found.sum(0), torch.full((4, 4), 0.1).double())  # two pixels apart: 0.05 each


def test_a_vote_between_two_bins_is_shared_also_across_the_end():
    between = votes(ramp(20), 9)[0, :, 4, 4]
    torch.testing.assert_close(between, torch.tensor([0.05, 0.05, *[0.0] * 7]).double())
    over = votes(ramp(0), 9)[0, :, 4, 4]
    torch.testing.assert_close(over, torch.tensor([0.05, *[0.0] * 7, 0.05]).double())


def test_counting_against_numpys_histogram():
    """With votes that are not shared, which numpy can count: pictures whose angles are middles of bins."""
    x = torch.cat([ramp(degrees, 12) for degrees in (10, 70, 130)])
    found = histograms(x, 4, 9)
    gx, gy = (g.numpy() for g in gradients(x))
    angles = np.degrees(np.arctan2(gy, gx)) % 180
    inside = np.s_[4:8, 4:8]
    for n in range(3):
        want, _ = np.histogram(angles[n][inside], 9, (0, 180), weights=np.hypot(gx, gy)[n][inside])
        np.testing.assert_allclose(found[n, :, 1, 1], want, atol=1e-9)


def test_contrast_hardly_matters_and_light_not_at_all():
    x = torch.rand(2, 16, 16, generator=torch.Generator().manual_seed(1)).double()
    want = hog(x, 4, 9)
    assert want.shape == (2, 3 * 3 * 4 * 9)
    torch.testing.assert_close(hog(x + 0.3, 4, 9), want)
    torch.testing.assert_close(hog(0.5 * x, 4, 9), want, rtol=0, atol=0.01)
    assert (want.view(2, 36, 9).norm(dim=1) <= 1).all()  # each block's length
    assert hog(torch.zeros(1, 16, 16), 4, 9).abs().max() == 0
