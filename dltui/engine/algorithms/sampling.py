"""Sampling: a tone above half the sampling rate comes out as another one (Nyquist 1928; Shannon 1949).

f: frequency of a tone, rate: samples a second, N: samples, FINE: by what the air is sampled more finely.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from dltui.engine.algorithms.stft import decibels
from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.engine.pictures.sounds import mel_picture
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Lines, Path, Scatter

NEEDS_DATA = False
METRICS = {
    "tones": Metric("tones sampled so far", counter=True),
    "over": Metric("of these, tones above half the sampling rate", whole=True),
    "frequency_error": Metric("greatest distance of a loudest frequency from the predicted one", "lower", unit="Hz"),
    "rebuilt_error": Metric("greatest error of a tone rebuilt from its samples, below half the rate", better="lower"),
    "over_error": Metric("least greatest error of a rebuilt tone above half the rate", axis="rebuilt_error"),
    "alias_error": Metric(
        "greatest distance of a rebuilt tone above half the rate from the predicted alias",
        better="lower",
        axis="rebuilt_error",
    ),
}
TONES, HIGHEST = 24, 11_900.0  # tones, and Hz of the highest
SECONDS = 0.1  # of a tone: frequencies are multiples of 10 Hz, so that each begins where it ends
HEARD = 0.5  # seconds
FINE = 8
SHOWN = 0.001  # seconds of the picture


def build(*, rate: int = 8000, low_pass: bool = False) -> Callable[[Context], "Sampling"]:
    """Each step samples one tone, the deepest first, and rebuilds it from its samples; the seed draws the tones.

    rate: samples a second, at least 2000, at most 48000.
    low_pass: whether what lies above half the rate is removed before it is sampled, as every recorder does.
    """
    return lambda context: Sampling(rate, low_pass)


def alias(f: float, rate: int) -> float:
    """The frequency between -rate/2 and rate/2 that has the same samples: f - k rate. Negative: it runs backwards."""
    return f - rate * round(f / rate)


def tone(f: float, t: Tensor) -> Tensor:
    """sin(2 pi f t + 1/2) at times t (N,)."""
    return torch.sin(2 * math.pi * f * t + 0.5)


def times(rate: int, seconds: float = SECONDS) -> Tensor:
    return torch.arange(round(seconds * rate), dtype=torch.float64) / rate


def rebuilt(samples: Tensor, finer: int) -> Tensor:
    """(N,) -> (N * finer,): the one periodic curve through the samples that has nothing above half the rate."""
    N = len(samples)
    spectrum = torch.fft.rfft(samples)
    if N % 2 == 0:
        spectrum[-1] = spectrum[-1] / 2  # half the rate itself: half of it belongs to its mirror
    return torch.fft.irfft(spectrum, N * finer) * finer


def loudest(samples: Tensor, rate: int) -> float:
    """The frequency in Hz with the greatest magnitude."""
    return torch.fft.rfft(samples).abs().argmax().item() * rate / len(samples)


class Sampling:
    """A walkthrough of TONES tones."""

    def __init__(self, rate: int, low_pass: bool):
        self.rate, self.low_pass = rate, low_pass
        apart = HIGHEST / TONES  # one tone in each stretch, on a multiple of 1 / SECONDS
        places = (torch.arange(TONES) + 0.1 + 0.8 * torch.rand(TONES)) * apart
        self.f = [self._off_the_edge(round(place * SECONDS) / SECONDS) for place in places.tolist()]
        self.t = times(rate)
        self.samples = [self._sampled(f, self.t) for f in self.f]
        self.curves = [rebuilt(samples, FINE) for samples in self.samples]
        self.length = TONES

    def _off_the_edge(self, f: float) -> float:
        """Half the rate has two samples a turn, which may both be 0."""
        return f + 1 / SECONDS if f % (self.rate / 2) < 1e-6 else f

    def _sampled(self, f: float, t: Tensor) -> Tensor:
        return torch.zeros_like(t) if self.low_pass and f > self.rate / 2 else tone(f, t)

    def at(self, step: int) -> Moment:
        """With the tones sampled by then."""
        now = max(0, step - 1)
        pictures = [
            Picture("tone and samples", self._tone(now)),
            Picture("frequencies", self._frequencies(step)),
            Picture("spectrum", self._spectrum(now)),
            Picture("heard", self._heard(now)),
        ]
        return Moment(self._metrics(step) if step else {}, pictures)

    def _metrics(self, count: int) -> dict[str, float]:
        fine = torch.arange(len(self.t) * FINE, dtype=torch.float64) / (self.rate * FINE)
        found: dict[str, list[float]] = {"below": [], "over": [], "alias": [], "frequency": []}
        for f, samples, curve in zip(self.f[:count], self.samples, self.curves, strict=False):
            is_over = f > self.rate / 2
            found["over" if is_over else "below"].append((curve - tone(f, fine)).abs().max().item())
            if is_over:
                found["alias"].append((curve - tone(alias(f, self.rate), fine)).abs().max().item())
            found["frequency"].append(abs(loudest(samples, self.rate) - abs(alias(f, self.rate))))
        metrics = {"tones": count, "over": len(found["over"]), "frequency_error": max(found["frequency"])}
        metrics["rebuilt_error"] = max(found["below"], default=0.0)
        if found["over"]:
            metrics |= {"over_error": min(found["over"]), "alias_error": max(found["alias"])}
        return metrics

    def _tone(self, now: int) -> Scatter:
        """The first moments of the tone, its samples, and the curve that is rebuilt from them."""
        f, air = self.f[now], times(self.rate * FINE * 4, SHOWN)
        few = round(SHOWN * self.rate) + 1
        fine = np.arange(few * FINE - FINE + 1)
        curves = {
            f"tone, {f:.0f} Hz": (air, tone(f, air)),
            f"rebuilt, {abs(alias(f, self.rate)):.0f} Hz": (
                torch.from_numpy(fine / (self.rate * FINE)),
                self.curves[now][fine],
            ),
        }
        return Scatter(
            x=1000 * self.t[:few].numpy(),
            y=self.samples[now][:few].numpy(),
            label=np.zeros(few, int),
            classes=["samples"],
            x_title="ms",
            y_title="amplitude",
            paths=[Path(x=1000 * t.numpy(), y=y.numpy(), name=name) for name, (t, y) in curves.items()],
        )

    def _frequencies(self, step: int) -> Lines:
        """What each tone sounds like: predicted for all, measured for those sampled."""
        every = np.linspace(0, HIGHEST, 400)
        curves = {"predicted": (every, [abs(alias(f, self.rate)) for f in every])}
        if step:
            measured = [loudest(samples, self.rate) for samples in self.samples[:step]]
            curves["measured"] = self.f[:step], measured
        return lines(curves, x_title="Hz of the tone", y_title="Hz after sampling")

    def _spectrum(self, now: int) -> Lines:
        power = torch.fft.rfft(self.samples[now]).abs().square()
        bins = np.arange(len(power)) / SECONDS
        return lines({"samples": (bins, decibels(power).clamp(min=-40))}, x_title="Hz", y_title="dB")

    def _heard(self, now: int) -> dict:
        """The samples as a loudspeaker plays them."""
        sound = 0.5 * self._sampled(self.f[now], times(self.rate, HEARD)).float()
        return mel_picture(sound, self.rate, f"{self.f[now]:.0f} Hz sampled at {self.rate} Hz")
