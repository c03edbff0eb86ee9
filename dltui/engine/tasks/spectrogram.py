"""A spectrogram drawn as the sound goes on: what a window tells of frequency it cannot tell of time."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from dltui.engine.algorithms.stft import decibels, framed, hann, peaks, power
from dltui.engine.algorithms.tones import chirp, chord, notes
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Picture, Sound
from dltui.recipes.metric import Metric

MODELS = ()
NEEDS_DATA = False
METRICS = {
    "notes": Metric("notes of the chord that have a peak of their own, at most a bin from where it must be"),
    "clicks": Metric("clicks that have a peak of their own, at most a hop from when they sound"),
    "chirp_error": Metric(
        "greatest distance, in bins, of the peak from the frequency of the rising tone at that time", better="lower"
    ),
    "difference": Metric("greatest difference from torch.stft, as a share of the greatest power"),
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


def build(*, window: int = 512, hop: int = 0, chord: list[int] = (0, 4, 7), apart: float = 40.0) -> Callable:
    """Returns (data, nets, device) -> Spectrogram.

    window: samples of a look, 8000 a second, at least 16, at most 4096.
    hop: samples from one look to the next, at least 0, at most 4096; 0 makes it a quarter of the window.
    chord: notes, in semitones above the lowest, at least 0, at most 36.
    apart: milliseconds from one click to the next, above 0, at most 200.
    """
    return partial(Spectrogram, N=window, hop=hop or window // 4, semitones=list(chord), apart=apart / 1000)


class Spectrogram:
    """Half a second of a chord, then half of a tone that rises, with two clicks; the seed draws notes and clicks."""

    def __init__(
        self,
        data: Dataset | None,
        nets: dict[str, nn.Module],
        device: torch.device,
        N: int,
        hop: int,
        semitones: list[int],
        apart: float,
    ):
        self.N, self.hop, self.bin = N, hop, RATE / N
        self.notes = notes(392 * 2 ** (torch.randint(6, ()).item() / 12), semitones)
        first = 0.68 + 0.06 * torch.rand(()).item()
        self.clicks = [first, first + apart]
        self.sound = LOUD * torch.cat([chord(self.notes, PART, RATE), chirp(*CHIRP, PART, RATE)])  # (8000,)
        for click in self.clicks:
            self.sound[round(click * RATE)] += 0.5
        self.frames = framed(self.sound, N, hop)  # (T, N)
        self.power = power(self.frames, hann(N))  # (T, F)
        self.middles = (torch.arange(len(self.frames)) * hop + N / 2) / RATE  # (T,) seconds
        self.place = nets["place"] = Counters(step=0)

    @property
    def heard(self) -> int:
        """Windows that have wholly gone by."""
        samples = self.place["step"] * A_STEP
        return min(len(self.frames), max(0, samples - self.N) // self.hop + (samples >= self.N))

    def advance(self, step: int) -> dict[str, float]:
        self.place["step"] = step
        return {}

    # -- the claims ------------------------------------------------------------------------------------------------

    def evaluate(self) -> dict[str, float]:
        if not self.heard:
            return {}
        theirs = torch.stft(
            self.sound, self.N, self.hop, window=hann(self.N), center=False, return_complex=True
        ).abs().square().T  # fmt: skip
        found = {
            "notes": self._notes(),
            "clicks": self._clicks(),
            "difference": ((self.power - theirs).abs().max() / theirs.max()).item(),
        }
        off = self._chirp_errors()
        return {**found, "chirp_error": off.max().item()} if len(off) else found

    def _notes(self) -> int:
        """Of the mean spectrum of the windows within the chord."""
        inside = self.power[: self.heard][self._within(0, PART)]
        if not len(inside):
            return 0
        found = self.bin * peaks(decibels(inside.mean(0)), SEEN)  # (P,) Hz
        return _matched(found.tolist(), self.notes, self.bin)

    def _clicks(self) -> int:
        """Of the power above HIGH, which only clicks have, against time."""
        inside = self._within(PART, 2 * PART)
        loud = self.power[: self.heard, int(HIGH / self.bin) :][inside].sum(1)
        found = self.middles[: self.heard][inside][peaks(decibels(loud), SEEN)]
        return _matched(found.tolist(), self.clicks, self.hop / RATE)

    def _chirp_errors(self) -> Tensor:
        """Bins from the highest of each window within the chirp to where it must be."""
        inside = self._within(PART, 2 * PART)
        want = _risen(self.middles[: self.heard][inside]) / self.bin
        return (self.power[: self.heard][inside].argmax(1) - want).abs()

    def _within(self, start: float, end: float) -> Tensor:
        """Which windows heard lie wholly between two times."""
        t, half = self.middles[: self.heard], self.N / 2 / RATE
        return (t - half >= start) & (t + half <= end)

    # -- the pictures ----------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        top = decibels(self.power.max()).item()
        shown = round(SHOWN_HZ / self.bin)
        values = decibels(self.power[:, : shown + 1]).T.clone()  # (F, T)
        values[:, self.heard :] = torch.nan
        yield Picture(
            "spectrogram",
            {
                "type": "spectrogram",
                "values": values.float().numpy(),
                "hz": [-self.bin / 2, (shown + 0.5) * self.bin],
                "seconds": [self.middles[0].item(), self.middles[-1].item()],
                "db": [round(top) - DEEP, round(top)],
                "title": f"{1000 * self.N / RATE:g} ms, {self.bin:.3g} Hz",
                "sound": Sound(self.sound.numpy(), RATE),
            },
        )
        if self.heard:
            yield Picture("newest window", self._newest(top))

    def _newest(self, top: float) -> dict:
        """The spectrum of the last window heard, and where its peaks must be."""
        t = self.middles[self.heard - 1].item()
        want = self.notes if t < PART else [_risen(t)]
        shown = int(SHOWN_HZ / self.bin) + 1
        low = top - DEEP
        heights = decibels(self.power[self.heard - 1, :shown]).clamp(min=low).numpy()
        needles = {
            "name": f"predicted at {t:.2f} s",
            "x": np.repeat(want, 3),
            "y": np.tile([low, top, np.nan], len(want)),
        }
        curve = {"name": "spectrum", "x": np.arange(shown) * self.bin, "y": heights}
        return {"type": "lines", "curves": [curve, needles], "x_title": "Hz", "y_title": "dB"}


def _risen(t: float | Tensor) -> float | Tensor:
    """The frequency in Hz of the rising tone at t seconds."""
    return CHIRP[0] + (CHIRP[1] - CHIRP[0]) * (t - PART) / PART


def _matched(found: list[float], wanted: list[float], within: float) -> int:
    """How many of the wanted have one of the found for themselves, not farther than `within`."""
    left, count = sorted(found), 0
    for want in sorted(wanted):
        near = [value for value in left if abs(value - want) <= within]
        if near:
            left.remove(min(near, key=lambda value: abs(value - want)))
            count += 1
    return count
