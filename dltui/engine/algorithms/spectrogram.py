"""The spectrogram of a sound that is known (Gabor 1946): what a window tells of frequency it cannot tell of time."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from dltui.engine.algorithms.stft import decibels, framed, hann, power
from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture, Sound
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs import payloads
from dltui.runs.payloads import Lines

NEEDS_DATA = False
METRICS = {
    "notes": Metric(
        "notes of the chord that have a peak of their own, at most a bin from where it must be", whole=True
    ),
    "clicks": Metric("clicks that have a peak of their own, at most a hop from when they sound", whole=True),
    "chirp_error": Metric(
        "greatest distance, in bins, of a peak from the rising tone's frequency", better="lower", unit="bins"
    ),
    "difference": Metric(
        "greatest difference from torch.stft, as a share of the greatest power", better="lower", check=True
    ),
}
RATE = 8000  # samples a second
A_STEP = 80  # samples that are heard in a step
LOUD = 0.3
PART = 0.5  # seconds of each half of the sound
CHIRP = 300.0, 1000.0  # Hz where the second half begins and ends
SHOWN_HZ = 1100.0
HIGH = 2500.0  # Hz above which there is nothing but clicks
SEEN = 20.0  # dB that a peak may lie under the highest
DEEP = 70.0  # dB from the darkest to the brightest


def build(
    *, window: int = 512, hop: int = 0, chord: list[int] = (0, 4, 7), apart: float = 40.0
) -> Callable[[Context], "Spectrogram"]:
    """Each step hears 10 ms more of a chord, then of a tone that rises, with two clicks; the seed draws when and where.

    window: samples of a look, 8000 a second, at least 16, at most 4096.
    hop: samples from one look to the next, at least 0, at most 4096; 0 makes it a quarter of the window.
    chord: notes, in semitones above the lowest, at least 0, at most 36.
    apart: milliseconds from one click to the next, above 0, at most 200.
    """
    return lambda context: Spectrogram(window, hop or window // 4, list(chord), apart / 1000)


def notes(root: float, semitones: list[int]) -> list[float]:
    """Frequencies in Hz of the notes that lie so many semitones above the root."""
    return [root * (2 ** (1 / 12)) ** step for step in semitones]


def chord(frequencies: list[float], seconds: float) -> Tensor:
    """Tones of equal loudness, (seconds * RATE,) in -1..1, faded in and out within 20 ms."""
    t = torch.arange(round(seconds * RATE), dtype=torch.float64) / RATE
    tones = torch.stack([torch.sin(2 * math.pi * f * t + place) for place, f in enumerate(frequencies)])
    fade = (torch.minimum(t, t[-1] - t) / 0.02).clamp(max=1)
    return tones.mean(0) * fade


def chirp(first: float, last: float, seconds: float) -> Tensor:
    """A tone whose frequency grows evenly: first + (last - first) t / seconds; its phase is the integral of that."""
    t = torch.arange(round(seconds * RATE), dtype=torch.float64) / RATE
    return torch.sin(2 * math.pi * (first * t + (last - first) / (2 * seconds) * t**2))


def chirp_frequency(t: float | Tensor) -> float | Tensor:
    """The frequency in Hz of the rising tone at t seconds of the whole sound."""
    return CHIRP[0] + (CHIRP[1] - CHIRP[0]) * (t - PART) / PART


def peaks(power: Tensor) -> np.ndarray:
    """power (K,) -> the places, rising, of local maxima not more than SEEN dB under the highest."""
    from scipy.signal import find_peaks  # 0.4 s

    heights = decibels(power).numpy()
    return find_peaks(heights, height=heights.max() - SEEN)[0] if len(heights) else np.zeros(0, int)


def matched(found: list[float], wanted: list[float], within: float) -> int:
    """How many of the wanted have one of the found for themselves, not farther than `within`."""
    left, count = sorted(found), 0
    for want in sorted(wanted):
        near = [value for value in left if abs(value - want) <= within]
        if near:
            left.remove(min(near, key=lambda value: abs(value - want)))
            count += 1
    return count


class Spectrogram:
    """A walkthrough of one second, through windows of N samples, hop samples from one to the next."""

    def __init__(self, N: int, hop: int, semitones: list[int], apart: float):
        self.N, self.hop, self.bin = N, hop, RATE / N
        self.notes = notes(392 * 2 ** (torch.randint(6, ()).item() / 12), semitones)
        first = 0.68 + 0.06 * torch.rand(()).item()
        self.clicks = [first, first + apart]
        self.sound = LOUD * torch.cat([chord(self.notes, PART), chirp(*CHIRP, PART)])  # (8000,)
        for click in self.clicks:
            self.sound[round(click * RATE)] += 0.5
        self.power = power(framed(self.sound, N, hop), hann(N))  # (T, F)
        self.middles = (torch.arange(len(self.power)) * hop + N / 2) / RATE  # (T,) seconds
        theirs = torch.stft(self.sound, N, hop, window=hann(N), center=False, return_complex=True).abs().square().T
        self.difference = ((self.power - theirs).abs().max() / theirs.max()).item()
        self.length = -(-(N + (len(self.power) - 1) * hop) // A_STEP)

    def heard(self, step: int) -> int:
        """Windows that have wholly gone by."""
        samples = step * A_STEP
        return min(len(self.power), (samples - self.N) // self.hop + 1) if samples >= self.N else 0

    def at(self, step: int) -> Moment:
        """With the windows heard by then."""
        heard = self.heard(step)
        top = decibels(self.power.max()).item()
        pictures = [Picture("spectrogram", self._spectrogram(heard, top))]
        if not heard:
            return Moment({}, pictures)
        pictures.append(Picture("newest window", self._newest(heard, top)))
        metrics = {"notes": self._notes(heard), "clicks": self._clicks(heard), "difference": self.difference}
        errors = self._chirp_errors(heard)
        if len(errors):
            metrics["chirp_error"] = errors.max().item()
        return Moment(metrics, pictures)

    def _notes(self, heard: int) -> int:
        """Of the mean spectrum of the windows within the chord."""
        inside = self.power[:heard][self._within(heard, 0, PART)]
        if not len(inside):
            return 0
        return matched((self.bin * peaks(inside.mean(0))).tolist(), self.notes, self.bin)

    def _clicks(self, heard: int) -> int:
        """Of the power above HIGH, which only clicks have, against time."""
        inside = self._within(heard, PART, 2 * PART)
        loud = self.power[:heard, int(HIGH / self.bin) :][inside].sum(1)
        found = self.middles[:heard][inside][peaks(loud)]
        return matched(found.tolist(), self.clicks, self.hop / RATE)

    def _chirp_errors(self, heard: int) -> Tensor:
        """Bins from the highest of each window within the chirp to where it must be."""
        inside = self._within(heard, PART, 2 * PART)
        want = chirp_frequency(self.middles[:heard][inside]) / self.bin
        return (self.power[:heard][inside].argmax(1) - want).abs()

    def _within(self, heard: int, start: float, end: float) -> Tensor:
        """Which windows heard lie wholly between two times."""
        t, half = self.middles[:heard], self.N / 2 / RATE
        return (t - half >= start) & (t + half <= end)

    def _spectrogram(self, heard: int, top: float) -> payloads.Spectrogram:
        shown = round(SHOWN_HZ / self.bin)
        values = decibels(self.power[:, : shown + 1]).T.clone()  # (F, T)
        values[:, heard:] = torch.nan
        return payloads.Spectrogram(
            values=values.float().numpy(),
            hz=[-self.bin / 2, (shown + 0.5) * self.bin],
            seconds=[self.middles[0].item(), self.middles[-1].item()],
            db=[round(top) - DEEP, round(top)],
            title=f"{1000 * self.N / RATE:g} ms, {self.bin:.3g} Hz",
            sound=Sound(self.sound.numpy(), RATE),
        )

    def _newest(self, heard: int, top: float) -> Lines:
        """The spectrum of the last window heard, and where its peaks must be."""
        t = self.middles[heard - 1].item()
        want = self.notes if t < PART else [chirp_frequency(t)]
        shown = int(SHOWN_HZ / self.bin) + 1
        low = top - DEEP
        heights = decibels(self.power[heard - 1, :shown]).clamp(min=low)
        needles = np.repeat(want, 3), np.tile([low, top, np.nan], len(want))
        curves = {"spectrum": (np.arange(shown) * self.bin, heights), f"predicted at {t:.2f} s": needles}
        return lines(curves, x_title="Hz", y_title="dB")
