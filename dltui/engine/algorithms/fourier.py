"""The Fourier transform of a chord: a sound as a sum of tones (Cooley and Tukey 1965 for the fast algorithm).

x (N,): samples, c (K,): the complex amplitudes of its K = N/2 + 1 frequencies, k RATE / N Hz.
"""

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from dltui.engine.algorithms.spectrogram import LOUD, RATE, chord, matched, notes, peaks
from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.engine.pictures.sounds import mel_picture
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Lines

NEEDS_DATA = False
METRICS = {
    "parts": Metric("tones added up so far", counter=True),
    "left": Metric("share of the energy that these tones lack", better="lower", range=(0, 1), log=True),
    "notes": Metric("notes with a peak of their own, at most a bin from where it must be", better="higher", whole=True),
    "others": Metric("peaks that belong to no note", better="lower", whole=True, axis="notes"),
    "sum_error": Metric("greatest difference of the sum of all tones from the sound", better="lower", check=True),
    "scipy_error": Metric("greatest difference from scipy's, as a share of the greatest", better="lower", check=True),
    "reversed_error": Metric(
        "greatest difference of the magnitudes when the sound is played backwards",
        better="lower", check=True, axis="scipy_error",
    ),
}  # fmt: skip
EVEN = 32  # by which the number of samples can be divided
STEPS = 24  # until all tones are added
SHOWN, SHOWN_HZ = 0.03, 1000.0  # seconds and Hz of the pictures
ROOT = 261.6  # Hz, the lowest root


def build(
    *,
    sound: Literal["chord", "in_turn"] = "chord",
    semitones: list[int] = (0, 4, 7, 12),
    seconds: float = 0.5,
) -> Callable[[Context], "Fourier"]:
    """Each step adds the next loudest tones of a sound, until their sum is the sound; the seed draws the root.

    sound: the notes at once, or one after the other.
    semitones: notes above the root, at least 0, at most 24.
    seconds: length of the sound, at least 0.02, at most 4.
    """
    return lambda context: Fourier(sound, list(semitones), seconds)


def fft(x: Tensor) -> Tensor:
    """x (N,) complex or real -> X_k = sum over n of x_n exp(-2 pi i k n / N), (N,) complex128.

    Even and odd samples are transformed by themselves and put together, as long as N can be halved.
    """
    N = len(x)
    x = x.to(torch.complex128)
    if N % 2 or N < 4:
        k = torch.arange(N, dtype=torch.float64)
        return torch.exp(-2j * math.pi * torch.outer(k, k) / N) @ x
    even, odd = fft(x[::2]), fft(x[1::2])
    turned = torch.exp(-2j * math.pi * torch.arange(N // 2, dtype=torch.float64) / N) * odd
    return torch.cat([even + turned, even - turned])


def amplitudes(x: Tensor) -> Tensor:
    """c (K,) complex128: x_n = sum over k of |c_k| cos(2 pi k n / N + angle of c_k)."""
    N = len(x)
    c = 2 * fft(x)[: N // 2 + 1] / N
    c[0] /= 2
    if N % 2 == 0:
        c[-1] /= 2
    return c


def summed(c: Tensor, chosen: Tensor, N: int) -> Tensor:
    """The sum (N,) of the tones with the numbers `chosen` (P,)."""
    n = torch.arange(N, dtype=torch.float64)
    found = torch.zeros(N, dtype=torch.float64)
    for some in chosen.split(256):
        phases = 2 * math.pi * torch.outer(some.double(), n) / N + c[some].angle()[:, None]
        found += (c[some].abs()[:, None] * phases.cos()).sum(0)
    return found


class Fourier:
    """A walkthrough: the tones of one sound, the loudest first."""

    def __init__(self, sound: str, semitones: list[int], seconds: float):
        self.notes = notes(ROOT * 2 ** (torch.rand(()).item()), semitones)
        each = seconds / len(self.notes)
        parts = [chord(self.notes, seconds)] if sound == "chord" else [chord([f], each) for f in self.notes]
        x = LOUD * torch.cat(parts)
        self.x = x[: len(x) // EVEN * EVEN]  # (N,): an odd part of any length would cost its square
        self.N = len(self.x)
        self.c = amplitudes(self.x)
        self.order = self.c.abs().argsort(descending=True)
        K = len(self.c)
        self.counts = sorted({round(K ** (step / STEPS)) for step in range(1, STEPS + 1)} | {1})
        self.length = len(self.counts)
        self.width = RATE / self.N if sound == "chord" else 1 / each  # Hz: how sharp a note can be
        self.errors = self._errors()

    def _errors(self) -> dict[str, float]:
        from scipy.fft import rfft  # 0.3 s

        theirs = torch.from_numpy(rfft(self.x.numpy()))
        ours, backwards = (fft(x)[: len(theirs)] for x in (self.x, self.x.flip(0)))
        most = theirs.abs().max()
        return {
            "scipy_error": ((ours - theirs).abs().max() / most).item(),
            "reversed_error": ((backwards.abs() - theirs.abs()).abs().max() / most).item(),
            "sum_error": (summed(self.c, self.order, self.N) - self.x).abs().max().item(),
        }

    def at(self, step: int) -> Moment:
        """With the tones added by then."""
        count = self.counts[min(step, self.length) - 1] if step else 0
        chosen = self.order[:count]
        total = summed(self.c, chosen, self.N)
        pictures = [
            Picture("spectrum", self._spectrum(chosen)),
            Picture("sound and sum", self._sound(total, count)),
            Picture("heard", mel_picture(total.float(), RATE, f"the sum of {count} tones")),
        ]
        return Moment(self._metrics(total, count), pictures)

    def _metrics(self, total: Tensor, count: int) -> dict[str, float]:
        found = (peaks(self.c.abs().square()) * RATE / self.N).tolist()
        near = [any(abs(peak - note) <= self.width for note in self.notes) for peak in found]
        return {
            "parts": count,
            "left": ((self.x - total).square().sum() / self.x.square().sum()).item(),
            "notes": matched(found, self.notes, self.width),
            "others": len(found) - sum(near),
            **self.errors,
        }

    def _spectrum(self, chosen: Tensor) -> Lines:
        """The amplitude of each frequency, those that are in the sum, and the notes that were played."""
        f = np.arange(len(self.c)) * RATE / self.N
        shown = f <= SHOWN_HZ
        heights = self.c.abs()
        used = torch.full_like(heights, torch.nan)
        used[chosen] = heights[chosen]
        top = heights.max().item()
        needles = np.repeat(self.notes, 3), np.tile([0.0, 1.1 * top, np.nan], len(self.notes))
        curves = {"notes": needles, "all": (f[shown], heights[shown]), "in the sum": (f[shown], used[shown])}
        return lines(curves, x_title="Hz", y_title="amplitude")

    def _sound(self, total: Tensor, count: int) -> Lines:
        """The middle of the sound, and of the sum."""
        middle, half = self.N // 2, round(SHOWN * RATE / 2)
        part = slice(max(0, middle - half), middle + half)
        ms = 1000 * np.arange(self.N)[part] / RATE
        curves = {"sound": (ms, self.x[part]), f"sum of {count}": (ms, total[part])}
        return lines(curves, x_title="ms", y_title="amplitude")
