"""The short-time Fourier transform equals scipy's and torch's; a tone's peak lies in its bin."""

import math

import pytest
import torch
from scipy.signal import get_window, stft

from dltui.engine.algorithms.stft import decibels, framed, hann, power


def noise(samples: int) -> torch.Tensor:
    return torch.randn(samples, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("N", "hop"), [(64, 16), (100, 33), (256, 256)])
def test_it_equals_scipys(N, hop):
    """Guards the window: a symmetric Hann (n / (N - 1)) or none differs; and the square of the size."""
    x = noise(1000)
    window = get_window("hann", N)
    theirs = stft(x.numpy(), nperseg=N, noverlap=N - hop, window=window, boundary=None, padded=False)[2] * window.sum()
    assert torch.allclose(power(framed(x, N, hop), hann(N)).T, torch.from_numpy(theirs).abs().square())


def test_it_is_the_sum_of_its_definition():
    x, N = noise(40), 16
    n = torch.arange(N, dtype=torch.float64)
    frame = x[8:24]
    sums = [(hann(N) * frame * torch.exp(-2j * math.pi * k * n / N)).sum().abs() ** 2 for k in range(9)]
    assert torch.allclose(power(framed(x, N, 8), hann(N))[1], torch.stack(sums))


def test_ten_times_the_power_is_ten_decibels_more():
    """Guards the factor 10 of a power; an amplitude has 20."""
    assert decibels(torch.tensor([1.0, 10.0, 1e-3, 0.0])).tolist() == pytest.approx([0, 10, -30, -120])


@pytest.mark.parametrize("frequency", [440.0, 987.8, 3111.1])
def test_a_tones_peak_lies_in_its_bin(frequency):
    x = torch.sin(2 * math.pi * frequency * torch.arange(4000, dtype=torch.float64) / 8000)
    found = power(framed(x, 512, 512), hann(512))[2].argmax() * 8000 / 512
    assert abs(found - frequency) <= 8000 / 512 / 2
