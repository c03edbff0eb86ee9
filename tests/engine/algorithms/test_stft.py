"""The short-time Fourier transform equals scipy's and torch's; a tone's peak lies in its bin."""

import math

import pytest
import torch
from scipy.signal import get_window, stft

from dltui.engine.algorithms.stft import decibels, framed, hann, peaks, power
from dltui.engine.algorithms.tones import chirp, chord, notes


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


def test_peaks_are_local_and_loud_enough():
    heights = torch.tensor([9.0, 1, 5, 1, 8, 8, 0, -20, 7, 7.5])
    assert peaks(heights, 5).tolist() == [2, 4]
    assert peaks(heights, 3).tolist() == [4]
    assert peaks(heights[:2], 30).tolist() == []


@pytest.mark.parametrize("frequency", [440.0, 987.8, 3111.1])
def test_a_tones_peak_lies_in_its_bin(frequency):
    x = chord([frequency], 0.5, 8000)
    found = power(framed(x, 512, 512), hann(512))[2].argmax() * 8000 / 512
    assert abs(found - frequency) <= 8000 / 512 / 2


def test_a_chirp_is_where_it_should_be():
    """Guards the phase: without the half, the tone rises twice as fast."""
    x = chirp(300, 1000, 1.0, 8000)
    P = power(framed(x, 512, 256), hann(512))
    middles = (torch.arange(len(P)) * 256 + 256) / 8000
    assert (P.argmax(1) * 8000 / 512 - (300 + 700 * middles)).abs().max() <= 8000 / 512


def test_an_octave_is_twelve_semitones():
    assert notes(220, [0, 12, 7]) == pytest.approx([220, 440, 329.63], abs=0.01)


def test_a_chord_begins_and_ends_softly_and_is_loud_between():
    """Guards the fades: a tone that is cut off clicks, and clicks are what the spectrogram is asked to find."""
    sound = chord(notes(392.0, [0, 4, 7]), 0.5, 8000).abs()
    assert sound[0] == 0 == sound[-1] and sound[:20].max() < 0.15 > sound[-20:].max() and sound.max() > 0.8
