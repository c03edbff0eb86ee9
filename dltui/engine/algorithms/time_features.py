"""Features of a sound without a spectrum: energy, zero crossings, envelope (Atal and Rabiner 1976).

x (L,): samples, N: samples of a frame, hop: from one frame to the next, T: frames.
"""

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool1d

from dltui.engine.algorithms.stft import framed
from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.generators import formants, phones
from dltui.engine.pictures.lines import lines
from dltui.engine.pictures.sounds import mel_picture
from dltui.recipes.metric import Metric
from dltui.runs.payload_parts import Marks
from dltui.runs.payloads import Field, Lines

NEEDS_DATA = False
METRICS = {
    "frames": Metric("frames heard so far", counter=True),
    "accuracy": Metric(
        "share of the test speakers' frames put rightly to silence, voiceless or voiced sound, mean over the three",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "voicing_accuracy": Metric(
        "share of the test speakers' sounding frames that are rightly called voiced or voiceless, mean over the two",
        better="higher",
        range=(0, 1),
        axis="accuracy",
        rows="test",
    ),
    "crossing_error": Metric(
        "greatest difference of a sine's crossings a second from 2 f, as a share", better="lower", check=True
    ),
    "rms_error": Metric("greatest difference of a sine's RMS from a / sqrt(2), as a share", better="lower", check=True),
}
RATE = formants.RATE
CLASSES = ("silence", "voiceless", "voiced")
PHONES = 10  # of an utterance
SECONDS = 1.2
SPEAKERS, TEST = 64, 24  # of them for the test
A_STEP = 2  # frames
MOVING = 0.016  # seconds before and after a border in which it is neither one sound nor the other
STRESS = 0.8  # deviation of the logarithm of a sound's strength
SMOOTH = 81  # samples over which the envelope is a mean, 10 ms
QUIET = 1e-4  # of the greatest amplitude: an RMS below it counts as this
SINES = (100.0, 440.0, 1250.0)  # Hz
GRID, SHOWN = 60, 6  # cells of the map a side; test speakers whose frames are drawn on it


def build(
    *, features: Literal["both", "energy", "crossings"] = "both", frame: int = 200, hop: int = 80, centre: bool = True
) -> Callable[[Context], "TimeFeatures"]:
    """Each step hears two more frames of an utterance; Gaussians of training speakers' frames decide what they are.

    features: which of the two numbers a frame is judged by.
    frame: samples of a frame, 8000 a second, at least 32, at most 1600.
    hop: samples from one frame to the next, at least 16, at most 1600.
    centre: whether the mean of the sound, the microphone's offset, is taken away first.
    """
    return lambda context: TimeFeatures(features, frame, hop, centre)


def rms(frames: Tensor) -> Tensor:
    """frames (T, N) -> sqrt of the mean of x^2, (T,): the energy, as an amplitude."""
    return frames.square().mean(1).sqrt()


def crossings(frames: Tensor, rate: int) -> Tensor:
    """frames (T, N) -> how often a second the sign changes, (T,)."""
    changes = (frames[:, 1:] >= 0) != (frames[:, :-1] >= 0)
    return changes.double().mean(1) * rate


def envelope(x: Tensor) -> Tensor:
    """x (L,) -> the magnitude of its analytic signal (Gabor 1946), smoothed over 10 ms, (L,)."""
    L = len(x)
    keep = torch.zeros(L, dtype=torch.float64)
    keep[0], keep[1 : (L + 1) // 2] = 1, 2
    if L % 2 == 0:
        keep[L // 2] = 1
    magnitude = torch.fft.ifft(torch.fft.fft(x) * keep).abs()
    return avg_pool1d(magnitude[None], SMOOTH, 1, SMOOTH // 2, count_include_pad=False)[0]


def sine_errors() -> tuple[float, float]:
    """Of crossings from 2 f and of the RMS from a / sqrt(2), as shares: the greatest over some sines of a second."""
    t = torch.arange(RATE, dtype=torch.float64) / RATE
    a = 0.3
    waves = [a * torch.sin(2 * math.pi * f * t + 0.5)[None] for f in SINES]
    counted = [abs(crossings(wave, RATE).item() / (2 * f) - 1) for f, wave in zip(SINES, waves, strict=True)]
    return max(counted), max(abs(rms(wave).item() * math.sqrt(2) / a - 1) for wave in waves)


def utterances(seed: int) -> tuple[Tensor, np.ndarray, np.ndarray]:
    """x (SPEAKERS, L) float64 with faint noise and an offset, and the sounds' numbers and ends in seconds (., P)."""
    random = np.random.Generator(np.random.PCG64(seed))
    voices = formants.speakers(SPEAKERS, random)
    kinds = random.permuted(np.tile(np.arange(PHONES) % 3, (SPEAKERS, 1)), axis=1)  # (M, P)
    choices = [phones.numbered(phones.SILENCE), phones.numbered("sfT"), phones.numbered("".join(phones.VOICED[:8]))]
    number = np.select([kinds == 0, kinds == 1, kinds == 2], [random.choice(one, kinds.shape) for one in choices])
    lasts = 0.1 * np.exp(random.normal(0, 0.15, kinds.shape))
    lasts *= 0.98 * SECONDS / lasts.sum(1, keepdims=True)
    L = round(SECONDS * RATE)
    pitch = voices["pitch"][:, None] * np.linspace(1.1, 0.9, L)
    strength = np.exp(random.normal(0, STRESS, kinds.shape))
    x = phones.said(number, lasts, pitch, strength, voices, random)
    noise = 10 ** random.uniform(-3.4, -2.7, (SPEAKERS, 1)) * random.standard_normal(x.shape)
    return torch.from_numpy(x + noise + random.uniform(0.05, 0.15, (SPEAKERS, 1))), number, lasts


def classes_of(number: np.ndarray) -> np.ndarray:
    """Numbers of sounds of speech -> numbers of CLASSES."""
    voice, hiss = formants.TABLE[number, 3], formants.TABLE[number, 4]
    return np.where(voice > 0, 2, np.where(hiss > 0, 1, 0))


def truths(number: np.ndarray, lasts: np.ndarray, starts: np.ndarray, seconds: float) -> np.ndarray:
    """number and lasts (P,), starts (T,) of frames -> the class of each (T,), -1 where one passes into another."""
    silent = formants.NUMBERS[phones.SILENCE]
    first, last = (
        classes_of(phones.taken(number[None], phones.places(lasts[None], t), silent)[0])
        for t in (starts - MOVING, starts + seconds + MOVING)
    )
    return np.where(first == last, first, -1)


def balanced(predicted: np.ndarray, truth: np.ndarray, classes: tuple[int, ...]) -> float:
    """The share of each class that is predicted rightly, their mean."""
    return float(np.mean([np.mean(predicted[truth == one] == one) for one in classes]))


class TimeFeatures:
    """A walkthrough of one test speaker's utterance; the seed draws speakers and utterances."""

    def __init__(self, features: str, N: int, hop: int, centre: bool):
        self.N, self.hop = N, hop
        self.columns = {"both": [0, 1], "energy": [0], "crossings": [1]}[features]
        x, number, lasts = utterances(int(torch.randint(1 << 31, ())))
        x = x - x.mean(1, keepdim=True) if centre else x
        self.x, self.lasts = x[0], lasts[0]
        features_of, truth = [], []
        for row, sound in enumerate(x):
            frames = framed(sound, N, hop)
            features_of.append(self._features(frames))
            truth.append(truths(number[row], lasts[row], np.arange(len(frames)) * hop / RATE, N / RATE))
        self.features, self.truth = np.stack(features_of), np.stack(truth)  # (M, T, 2), (M, T)
        self.envelope = envelope(self.x)
        self.middles = (np.arange(self.truth.shape[1]) * hop + N / 2) / RATE
        self.judges = {voiced: self._judge(voiced) for voiced in (False, True)}
        self.metrics = self._metrics()
        self.length = -(-len(self.middles) // A_STEP)

    def _features(self, frames: Tensor) -> np.ndarray:
        """(T, N) -> RMS in dB of the greatest amplitude, thousands of crossings a second, (T, 2)."""
        loud = 20 * rms(frames).clamp(min=QUIET).log10()
        return torch.stack([loud, crossings(frames, RATE) / 1000], 1).numpy()

    def _judge(self, voiced: bool) -> object:
        """A Gaussian a class, of the training speakers' frames; voiced: of the two classes with sound alone."""
        from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis  # 1 s

        truth = self.truth[TEST:].ravel()
        known = truth > 0 if voiced else truth >= 0
        rows = self.features[TEST:].reshape(-1, 2)[known][:, self.columns]
        classes = len(CLASSES) - voiced
        return QuadraticDiscriminantAnalysis(priors=[1 / classes] * classes, reg_param=1e-3).fit(rows, truth[known])

    def _metrics(self) -> dict[str, float]:
        truth, rows = self.truth[:TEST].ravel(), self.features[:TEST].reshape(-1, 2)[:, self.columns]
        crossing_error, rms_error = sine_errors()
        sounding = truth > 0
        return {
            "accuracy": balanced(self.judges[False].predict(rows), truth, (0, 1, 2)),
            "voicing_accuracy": balanced(self.judges[True].predict(rows[sounding]), truth[sounding], (1, 2)),
            "crossing_error": crossing_error,
            "rms_error": rms_error,
        }

    def at(self, step: int) -> Moment:
        """With the frames heard by then."""
        heard = min(len(self.middles), step * A_STEP)
        pictures = [
            Picture("frames", self._plane(heard)),
            Picture("energy", self._energy(heard)),
            Picture("crossings", self._crossings(heard)),
            Picture("heard", mel_picture(0.8 * self.x.float(), RATE, "the utterance")),
        ]
        return Moment({"frames": heard, **self.metrics}, pictures)

    def _energy(self, heard: int) -> Lines:
        """The wave as its least and greatest sample of each 2 ms, its envelope, and the RMS of the frames heard."""
        whole = self.x[: len(self.x) // 16 * 16].view(-1, 16)
        wave = torch.stack([whole.amin(1), whole.amax(1)], 1).flatten()
        t = np.arange(len(wave)) * 8 / RATE
        loud = 10 ** (self.features[0, :heard, 0] / 20)
        curves = {"wave": (t, wave), "envelope": (np.arange(0, len(self.x), 40) / RATE, self.envelope[::40])}
        return lines({**curves, "RMS": (self.middles[:heard], loud)}, x_title="seconds", y_title="amplitude")

    def _crossings(self, heard: int) -> Lines:
        """Of the frames heard; below zero what is really said."""
        curves = {"zero crossings": (self.middles[:heard], 1000 * self.features[0, :heard, 1])}
        for number, name in enumerate(CLASSES):
            level = np.where(self.truth[0] == number, -250.0 * (number + 1), np.nan)
            curves[f"truth: {name}"] = (self.middles, level)
        return lines(curves, x_title="seconds", y_title="a second")

    def _plane(self, heard: int) -> Field:
        """Where each class is the likeliest, and frames of some test speakers by their truth."""
        low, high = self.features.reshape(-1, 2).min(0), self.features.reshape(-1, 2).max(0)
        x, y = (np.linspace(low[axis], high[axis], GRID) for axis in (0, 1))
        cells = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)[:, self.columns]
        truth = self.truth[:SHOWN, :heard].ravel()
        shown, truth = self.features[:SHOWN, :heard].reshape(-1, 2)[truth >= 0], truth[truth >= 0]
        return Field(
            values=self.judges[False].predict(cells).reshape(GRID, GRID)[::-1],
            x=[low[0], high[0]],
            y=[low[1], high[1]],
            points=Marks(x=shown[:, 0], y=shown[:, 1], label=truth),
            classes=list(CLASSES),
            x_title="RMS, dB",
            y_title="thousand crossings a second",
        )
