"""The short-time Fourier transform (Gabor 1946): a window slides over the sound, and each look is taken apart.

N: samples under a window, hop: samples from one window to the next, T: windows, rate: samples a second. Bin k of
N/2 + 1 stands for the frequency k rate / N.
"""

import math

import torch
from torch import Tensor


def hann(N: int) -> Tensor:
    """w_n = 1/2 - 1/2 cos(2 pi n / N), (N,) float64: a look that begins and ends softly."""
    n = torch.arange(N, dtype=torch.float64)
    return 0.5 - 0.5 * torch.cos(2 * math.pi * n / N)


def framed(x: Tensor, N: int, hop: int) -> Tensor:
    """x (L,) -> (T, N): window t holds the samples t hop ... t hop + N - 1; what is left at the end is dropped."""
    return x.unfold(0, N, hop)


def power(frames: Tensor, w: Tensor) -> Tensor:
    """frames (T, N), w (N,) -> |sum over n of w_n x_n exp(-2 pi i k n / N)|^2, (T, N/2 + 1)."""
    return torch.fft.rfft(frames * w).abs().square()


def decibels(power: Tensor) -> Tensor:
    """10 log10 of power, so that ten times the power is 10 dB more; silence is -120."""
    return 10 * torch.log10(power.clamp(min=1e-12))
