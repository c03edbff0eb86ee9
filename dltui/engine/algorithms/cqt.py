"""The constant-Q transform (Brown 1991, doi:10.1121/1.400476): rows are notes, and a window is so many of its periods.

f (R,): frequencies of the rows, N (R,): samples of their windows, L: those of the longest, B: rows an octave.
"""

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from dltui.engine.algorithms.spectrogram import LOUD, RATE, chord, matched, notes, peaks
from dltui.engine.algorithms.stft import decibels, framed
from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture, Sound
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Lines, Spectrogram

NEEDS_DATA = False
METRICS = {
    "heard": Metric("chords heard so far", counter=True),
    "named": Metric("notes with a peak of their own, less than half a semitone away", better="higher", whole=True),
    "row_spread": Metric(
        "rows from the lowest to the highest note of a chord: the most minus the least over all chords",
        better="lower",
        whole=True,
        unit="rows",
    ),
    "q_ratio": Metric("greatest Q = frequency / half-power bandwidth of a row, divided by the least", better="lower"),
    "fast_error": Metric(
        "greatest difference from the product of spectra (Brown and Puckette 1992), as a share of the greatest",
        better="lower",
        check=True,
    ),
}
LOWEST, HIGHEST = 98.0, 3400.0  # Hz of the first row, and of the last at most
FIRST = 110.0  # Hz of the lowest note at least
CHORDS, APART = 9, 6  # chords, and semitones from one to the next
SECONDS = 0.4  # of a chord
HOP = 160  # samples
A_STEP = 2  # windows
DEEP = 50.0  # dB from the darkest to the brightest
PADDED = 1 << 15  # samples of a kernel whose bandwidth is measured
MEASURED = 40  # rows of which it is
SEMITONE = 12.0  # rows of an octave of semitones


def build(
    *,
    transform: Literal["constant_q", "stft", "one_window"] = "constant_q",
    per_octave: int = 24,
    window: int = 256,
    semitones: list[int] = (0, 4, 7),
) -> Callable[[Context], "ConstantQ"]:
    """Each step hears 40 ms more of a chord that is played at nine pitches, half an octave from each to the next.

    transform: rows at notes, each with a window of its own; rows at multiples of one frequency, all with one window;
        or rows at notes, all with one window.
    per_octave: rows of an octave where rows are notes, at least 3, at most 48.
    window: samples of the one window, at least 64, at most 2048.
    semitones: notes of the chord above its lowest, at least 0, at most 12.
    """
    return lambda context: ConstantQ(transform, per_octave, window, list(semitones))


def quality(B: int) -> float:
    """Q = 1 / (2^(1/B) - 1): so many periods, that the bandwidth is the distance to the next note."""
    return 1 / (2 ** (1 / B) - 1)


def rows_of(transform: str, B: int, window: int) -> tuple[Tensor, Tensor]:
    """f (R,) float64 Hz and N (R,) int64 of a transform's rows."""
    if transform == "stft":
        f = torch.arange(round(LOWEST * window / RATE), int(HIGHEST * window / RATE) + 1).double() * RATE / window
    else:
        f = LOWEST * 2 ** (torch.arange(int(B * math.log2(HIGHEST / LOWEST)) + 1).double() / B)
    lengths = (quality(B) * RATE / f).round().long()
    return f, lengths if transform == "constant_q" else torch.full_like(lengths, window)


def kernels(f: Tensor, N: Tensor) -> Tensor:
    """(R, L) complex128: a tone of each row's frequency under its Hann window, in the middle of the longest."""
    L = int(N.max())
    n = torch.arange(L) - (L - N[:, None]) // 2  # (R, L): from 0 where a row's window begins
    inside = (n >= 0) & (n < N[:, None])
    w = torch.where(inside, 0.5 - 0.5 * torch.cos(2 * math.pi * n.double() / N[:, None]), 0.0)
    w = w / w.sum(1, keepdim=True)
    return torch.polar(w, 2 * math.pi * f[:, None] * (n - N[:, None] // 2) / RATE)


def transformed(x: Tensor, kernel: Tensor) -> Tensor:
    """x (S,) -> X_k = sum over n of w_k(n) x(t HOP + n) exp(-2 pi i f_k n / rate), (T, R)."""
    frames = framed(x, kernel.shape[1], HOP)  # (T, L)
    return frames.to(kernel.dtype) @ kernel.conj().T


def transformed_fast(x: Tensor, kernel: Tensor) -> Tensor:
    """The same (T, R) by Parseval: spectra of the frames times those of the kernels, which are nearly all zeros."""
    frames = framed(x, kernel.shape[1], HOP)
    return torch.fft.fft(frames) @ torch.fft.fft(kernel).conj().T / kernel.shape[1]


def bandwidths(kernel: Tensor) -> Tensor:
    """kernel (R, L) -> Hz between the two places where a tone has half of its greatest power, (R,)."""
    response = torch.fft.fft(kernel, PADDED).abs().square()
    half = response.amax(1, keepdim=True) / 2
    before, after = response - half, response.roll(-1, 1) - half
    crosses = (before < 0) != (after < 0)  # (R, PADDED): two each
    place = torch.arange(PADDED) + before / (before - after)
    first, last = place.where(crosses, math.inf).amin(1), place.where(crosses, -math.inf).amax(1)
    return (last - first) * RATE / PADDED


class ConstantQ:
    """A walkthrough of chords that rise, through one transform; the seed draws the lowest note."""

    def __init__(self, transform: str, B: int, window: int, semitones: list[int]):
        roots = notes(FIRST * 2 ** (torch.rand(()).item() / 4), [APART * step for step in range(CHORDS)])
        self.chords = [notes(root, semitones) for root in roots]
        self.f, self.N = rows_of(transform, B, window)
        self.is_log = transform != "stft"
        kernel = kernels(self.f, self.N)
        L = kernel.shape[1]
        self.sound = LOUD * torch.cat([chord(one, SECONDS) for one in self.chords])
        x = torch.nn.functional.pad(self.sound, (L // 2, L // 2))
        X = transformed(x, kernel)
        self.power = X.abs().square()  # (T, R)
        self.fast_error = ((X - transformed_fast(x, kernel)).abs().max() / X.abs().max()).item()
        some = torch.arange(0, len(self.f), max(1, len(self.f) // MEASURED))
        Q = self.f[some] / bandwidths(kernel[some])
        self.q_ratio = (Q.max() / Q.min()).item()
        self.length = -(-len(self.power) // A_STEP)
        self.found = [self._peaks(number) for number in range(CHORDS)]
        self.named = [self._named(number) for number in range(CHORDS)]
        self.distances = [self._distance(number) for number in range(CHORDS)]

    def _peaks(self, number: int) -> np.ndarray:
        """Numbers of the rows with a peak in the middle of a chord."""
        return peaks(self.power[round((number + 0.5) * SECONDS * RATE / HOP)])

    def _named(self, number: int) -> int:
        found, wanted = (SEMITONE * np.log2(f) for f in (self.f[self.found[number]].numpy(), self.chords[number]))
        return matched(found.tolist(), wanted.tolist(), 0.5)

    def _distance(self, number: int) -> int:
        """Rows from the peak next to a chord's lowest note to that next to its highest."""
        at, wanted = self.found[number], self.chords[number]
        first, last = (at[np.abs(self.f[at].numpy() - f).argmin()] for f in (min(wanted), max(wanted)))
        return int(last - first)

    def at(self, step: int) -> Moment:
        """With the windows that have gone by until then."""
        gone = min(len(self.power), step * A_STEP)
        heard = min(CHORDS, int(gone * HOP / RATE / SECONDS + 1e-9))
        pictures = [Picture("notes", self._spectrogram(gone)), Picture("windows", self._windows())]
        if not heard:
            return Moment({}, pictures)
        pictures += [Picture("chord", self._chord(heard - 1)), Picture("rows of the chord", self._distances(heard))]
        spread = max(self.distances[:heard]) - min(self.distances[:heard])
        metrics = {"heard": heard, "named": sum(self.named[:heard]), "row_spread": spread}
        return Moment({**metrics, "q_ratio": self.q_ratio, "fast_error": self.fast_error}, pictures)

    def _spectrogram(self, gone: int) -> Spectrogram:
        values = decibels(self.power).T.clone()  # (R, T)
        top = values.max().item()
        values[:, gone:] = torch.nan
        return Spectrogram(
            values=values.float().numpy(),
            hz=[self.f[0].item(), self.f[-1].item()],
            seconds=[0.0, len(self.sound) / RATE],
            db=[round(top) - DEEP, round(top)],
            scale="log" if self.is_log else "linear",
            title="a row a note" if self.is_log else "rows evenly spaced in Hz",
            sound=Sound(self.sound.numpy(), RATE),
        )

    def _windows(self) -> Lines:
        return lines({"window": (self.f, 1000 * self.N / RATE)}, x_title="Hz of the row", y_title="ms", log_x=True)

    def _chord(self, number: int) -> Lines:
        """The rows in the middle of a chord, and where its notes must be."""
        heights = decibels(self.power[round((number + 0.5) * SECONDS * RATE / HOP)])
        top = heights.max().item()
        low = top - DEEP
        needles = np.repeat(self.chords[number], 3), np.tile([low, top, np.nan], len(self.chords[number]))
        curves = {"spectrum": (self.f, heights.clamp(min=low)), "notes played": needles}
        return lines(curves, x_title="Hz", y_title="dB", log_x=self.is_log)

    def _distances(self, heard: int) -> Lines:
        roots = [min(one) for one in self.chords[:heard]]
        curves = {"lowest to highest note": (roots, self.distances[:heard])}
        return lines(curves, x_title="Hz of the lowest note", y_title="rows", log_x=True)
