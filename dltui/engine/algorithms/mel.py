"""The mel spectrogram, step by step (Stevens, Volkmann, Newman 1937; Davis and Mermelstein 1980).

N: samples under a window, hop: from one window to the next, rate: samples a second, M: bands, K = N/2 + 1 bins.
"""

import torch
from torch import Tensor
from torch.nn.functional import pad

from dltui.engine.algorithms.stft import framed, hann, power

FAINT = 1e-6  # added before the logarithm: it has none of silence


def mel(f: Tensor) -> Tensor:
    """m = 1125 ln(1 + f / 700): equal steps of m sound about equally far apart."""
    return 1125 * torch.log1p(f / 700)


def hertz(m: Tensor) -> Tensor:
    """f = 700 (exp(m / 1125) - 1)."""
    return 700 * torch.expm1(m / 1125)


def filters(M: int, N: int, rate: int) -> Tensor:
    """M triangles over the bins, (M, K): each begins at the middle of the one before and ends at that of the next.

    Their corners are evenly spaced in mel from 0 to rate/2. The factor 1125 falls out: with 1127, or 2595 and log10,
    the corners are the same.
    """
    nyquist = torch.tensor(rate / 2, dtype=torch.float64)
    corners = hertz(torch.linspace(0, mel(nyquist).item(), M + 2, dtype=torch.float64))  # (M + 2,) Hz
    f = torch.arange(N // 2 + 1, dtype=torch.float64) * rate / N  # (K,)
    left, middle, right = (corners[start : start + M, None] for start in range(3))  # (M, 1)
    rising, falling = (f - left) / (middle - left), (right - f) / (right - middle)  # (M, K)
    return torch.minimum(rising, falling).clamp(min=0)


def mel_spectrogram(x: Tensor, rate: int, N: int, hop: int, M: int) -> Tensor:
    """x (L,) -> power in each band, (M, T): frame, window, |FFT|^2, filters. Window t has its middle at t hop."""
    wide = pad(x[None], (N // 2, N // 2), mode="reflect")[0]  # the sound mirrored at its ends
    P = power(framed(wide, N, hop), hann(N))  # (T, K)
    return filters(M, N, rate) @ P.T


def log_mel(bands: Tensor) -> Tensor:
    """Power (M, T) -> ln of it, as the ear hears loudness."""
    return torch.log(bands + FAINT)
