"""Sounds of which is known what a spectrogram must show: notes, a tone that rises, clicks."""

import math

import torch
from torch import Tensor

SEMITONE = 2 ** (1 / 12)


def notes(root: float, semitones: list[int]) -> list[float]:
    """Frequencies in Hz of the notes that lie so many semitones above the root."""
    return [root * SEMITONE**step for step in semitones]


def chord(frequencies: list[float], seconds: float, rate: int) -> Tensor:
    """Tones of equal loudness, (seconds * rate,) in -1..1, faded in and out within 20 ms."""
    t = torch.arange(round(seconds * rate), dtype=torch.float64) / rate
    tones = torch.stack([torch.sin(2 * math.pi * f * t + place) for place, f in enumerate(frequencies)])
    fade = (torch.minimum(t, t[-1] - t) / 0.02).clamp(max=1)
    return tones.mean(0) * fade


def chirp(first: float, last: float, seconds: float, rate: int) -> Tensor:
    """A tone whose frequency grows evenly: first + (last - first) t / seconds; its phase is the integral of that."""
    t = torch.arange(round(seconds * rate), dtype=torch.float64) / rate
    return torch.sin(2 * math.pi * (first * t + (last - first) / (2 * seconds) * t**2))
