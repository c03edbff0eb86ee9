"""Sampled tones against scipy's resampling and the sampling theorem."""

import numpy as np
import pytest
import torch
from scipy.signal import resample

from dltui.engine.algorithms import sampling
from dltui.engine.algorithms.sampling import alias, loudest, rebuilt, times, tone


@pytest.mark.parametrize("N", [64, 63])
def test_a_rebuilt_curve_is_scipys(N):
    samples = torch.randn(N, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    curve = rebuilt(samples, 5)
    np.testing.assert_allclose(curve, resample(samples.numpy(), 5 * N), atol=1e-12)
    np.testing.assert_allclose(curve[::5], samples, atol=1e-12)  # it goes through them


@pytest.mark.parametrize(("f", "want"), [(300, 300), (3990, 3990), (4010, -3990), (7700, -300), (8300, 300)])
def test_an_alias_has_the_same_samples(f, want):
    t = times(8000)
    assert alias(f, 8000) == want
    torch.testing.assert_close(tone(f, t), tone(want, t), atol=1e-9, rtol=0)
    assert loudest(tone(f, t), 8000) == pytest.approx(abs(want))


def test_below_half_the_rate_a_tone_is_itself_again_and_above_it_is_not():
    torch.manual_seed(0)
    walk = sampling.build()(None)
    metrics = walk.at(walk.length).metrics
    assert metrics["rebuilt_error"] < 1e-9 < 0.5 < metrics["over_error"]


def test_no_tone_lies_on_half_the_rate():
    torch.manual_seed(0)
    for rate in (2000, 3000, 8000):
        walk = sampling.build(rate=rate)(None)
        assert all(f % (rate / 2) for f in walk.f)
