"""Noises to put over sounds: the hum of the mains, babble of other voices, and white noise; each of energy 1."""

import math

import torch
from torch import Tensor

RATE = 8000  # samples a second
TALKERS = 4
HARMONICS = 8
MAINS = 48.0, 62.0  # Hz: 50 and 60 are the world's


def unit(x: Tensor) -> Tensor:
    """x (B, L) -> the same of energy 1; silence stays silent."""
    return x / x.square().sum(1, keepdim=True).sqrt().clamp(min=1e-9)


def hum(count: int, length: int, generator: torch.Generator) -> Tensor:
    """Some harmonics of about 50 or 60 Hz at random phases (count, length)."""
    f = MAINS[0] + (MAINS[1] - MAINS[0]) * torch.rand(count, 1, 1, generator=generator)
    h = torch.arange(1, HARMONICS + 1)[:, None]
    loud, phase = torch.rand(2, count, HARMONICS, 1, generator=generator)
    t = torch.arange(length) / RATE
    return unit((loud / h.sqrt() * torch.sin(2 * math.pi * (f * h * t + phase))).sum(1))


def babble(voices: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """voices (N, L) -> TALKERS of them at once, each begun anywhere and going round (count, L)."""
    chosen = torch.randint(len(voices), (TALKERS, count), generator=generator)
    begun = torch.randint(voices.shape[1], (TALKERS, count, 1), generator=generator)
    at = (torch.arange(voices.shape[1]) + begun) % voices.shape[1]  # (TALKERS, count, L)
    return unit(sum(unit(voices[rows].gather(1, where)) for rows, where in zip(chosen, at, strict=True)))


def white(count: int, length: int, generator: torch.Generator) -> Tensor:
    """Noise with as much of every frequency (count, length)."""
    return unit(torch.randn(count, length, generator=generator))
