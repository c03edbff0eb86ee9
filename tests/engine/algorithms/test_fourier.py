"""The Fourier transform written out, against numpy's."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from dltui.engine.algorithms import fourier
from dltui.engine.algorithms.fourier import amplitudes, fft, summed


def noise(N: int) -> torch.Tensor:
    return torch.randn(N, generator=torch.Generator().manual_seed(N), dtype=torch.float64)


@pytest.mark.parametrize("N", [1, 2, 3, 7, 8, 12, 100, 256])
def test_the_fast_transform_is_numpys(N):
    np.testing.assert_allclose(fft(noise(N)), np.fft.fft(noise(N).numpy()), atol=1e-11)


@pytest.mark.parametrize("N", [9, 10, 64])
def test_the_sum_of_all_tones_is_the_sound(N):
    x = noise(N)
    c = amplitudes(x)
    torch.testing.assert_close(summed(c, torch.arange(len(c)), N), x)


def test_each_tone_more_leaves_less_and_the_loudest_come_first():
    torch.manual_seed(0)
    walk = fourier.build()(None)
    left = [walk.at(step).metrics["left"] for step in range(walk.length + 1)]
    assert left[0] == 1 and left[-1] < 1e-20
    assert all(after < before for before, after in pairwise(left))


@pytest.mark.parametrize("sound", ["chord", "in_turn"])
def test_peaks_stand_at_the_notes(sound):
    for seed in range(3):
        torch.manual_seed(seed)
        walk = fourier.build(sound=sound)(None)
        assert walk.at(1).metrics["notes"] == 4
