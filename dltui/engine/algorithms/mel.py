"""The mel spectrogram, step by step (Stevens, Volkmann, Newman 1937; Davis and Mermelstein 1980).

N: samples under a window, hop: from one window to the next, rate: samples a second, M: bands, K = N/2 + 1 bins.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from dltui.engine.algorithms.stft import decibels, framed, hann, power
from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture, Sound
from dltui.engine.layers import torch_audio
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Lines, Spectrogram

METRICS = {
    "steps_shown": Metric("steps of the first frame, then frames", counter=True),
    "error": Metric(
        "greatest distance of a power from torchaudio's, as a share of the loudest", better="lower", check=True
    ),
    "log_error": Metric("greatest difference of the log mel spectrogram from torchaudio's", better="lower", check=True),
    "low_bands": Metric("bands whose middle lies below 1000 Hz", whole=True),
}
FAINT = 1e-6  # added before the logarithm: it has none of silence
STEPS = ("1 frame", "2 window", "3 power of the FFT", "4 mel filters", "5 logarithm")
DEEP = 45.0  # dB, from the darkest to the brightest
NEPER = 10 / np.log(10)  # dB of a step of 1 in ln of power


def build(*, window: int = 256, hop: int = 80, bands: int = 32, row: int = 7) -> Callable[[Context], "Mel"]:
    """Five steps take the loudest frame of a sound apart, then each step adds a frame to the picture.

    window: samples under a window, at least 64, at most 1024.
    hop: samples from one window to the next, at least 16, at most 1024.
    bands: mel filters, at least 4, at most 64.
    row: which training sound is taken, at least 0.
    """
    return lambda context: Mel(context.rows.sounds().labelled(), window, hop, bands, row)


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


def frames_of(x: Tensor, N: int, hop: int) -> Tensor:
    """x (L,) -> (T, N), the sound mirrored at its ends."""
    return framed(pad(x[None], (N // 2, N // 2), mode="reflect")[0], N, hop)


def mel_spectrogram(x: Tensor, rate: int, N: int, hop: int, M: int) -> Tensor:
    """x (L,) -> power in each band, (M, T): frame, window, |FFT|^2, filters. Window t has its middle at t hop."""
    P = power(frames_of(x, N, hop), hann(N))  # (T, K)
    return filters(M, N, rate) @ P.T


def log_mel(bands: Tensor) -> Tensor:
    """Power (M, T) -> ln of it, as the ear hears loudness."""
    return torch.log(bands + FAINT)


class Mel:
    """A walkthrough of one sound of the training rows. The seed moves on to another from `row`."""

    def __init__(self, rows: Rows, N: int, hop: int, M: int, row: int):
        self.N, self.hop, self.M, self.rate = N, hop, M, rows.facts["rate"]
        row = (row + int(torch.randint(len(rows.train), ()))) % len(rows.train)
        self.x = rows.train.stored[row].double().cpu()  # (L,)
        self.word = rows.classes[rows.train.targets[row]]
        self.frames = frames_of(self.x, N, hop)  # (T, N)
        self.bands = mel_spectrogram(self.x, self.rate, N, hop, M)  # (M, T)
        self.first = int(self.bands.sum(0).argmax())  # the loudest frame is taken apart
        self.length = len(STEPS) + len(self.frames)
        self.errors = self._errors()

    def _errors(self) -> dict[str, float]:
        transforms = torch_audio.load().transforms
        theirs = transforms.MelSpectrogram(self.rate, self.N, hop_length=self.hop, n_mels=self.M).double()(self.x)
        return {
            "error": ((self.bands - theirs).abs().max() / theirs.max()).item(),
            "log_error": (log_mel(self.bands) - log_mel(theirs)).abs().max().item(),
        }

    def at(self, step: int) -> Moment:
        """With the steps of the first frame made that there are by then, and after them the frames."""
        stage, filled = min(step, len(STEPS)), max(0, step - len(STEPS))
        at = filled - 1 if filled else self.first
        pictures = [
            Picture("mel spectrogram", self._spectrogram(stage, filled)),
            Picture("the frame", self._frame(at, stage)),
        ]
        if stage >= 3:
            pictures.append(Picture("its spectrum", self._spectrum(at, stage)))
        low = int((self._corners()[1:-1] < 1000).sum())
        return Moment({"steps_shown": step, "low_bands": low, **self.errors}, pictures)

    def _spectrogram(self, stage: int, filled: int) -> Spectrogram:
        """What has been put in its place; while the first frame is taken apart, that alone once it is done."""
        values = NEPER * log_mel(self.bands)  # (M, T) dB
        top = values.max().item()
        shown = torch.full_like(values, torch.nan)
        shown[:, :filled] = values[:, :filled]
        if stage == len(STEPS):
            shown[:, self.first] = values[:, self.first]
        done = STEPS[stage - 1] if stage and not filled else f"frame {filled}"
        return Spectrogram(
            values=shown.numpy(),
            hz=self._corners(0.5)[[0, -2]].tolist(),
            seconds=[0.0, len(self.x) / self.rate],
            db=[round(top - DEEP), round(top)],
            scale="mel",
            title=f"{self.word}: {done}",
            sound=Sound(self.x.numpy(), self.rate),
        )

    def _frame(self, at: int, stage: int) -> Lines:
        """The samples under the window; then the window, and the product of both."""
        frame, w = self.frames[at], hann(self.N)
        t = 1000 * (at * self.hop + np.arange(self.N) - self.N / 2) / self.rate
        curves = {"samples": (t, frame)}
        if stage >= 2:
            curves = {"samples * window": (t, frame * w), "window": (t, frame.abs().max() * w)}
        return lines(curves, x_title="ms", y_title="amplitude")

    def _spectrum(self, at: int, stage: int) -> Lines:
        """The power of each bin, filters as triangles below it, and what each of all lets through."""
        heights = decibels(power(self.frames[at], hann(self.N)))  # (K,)
        f = np.arange(len(heights)) * self.rate / self.N
        low, top = heights.max().item() - DEEP, heights.max().item()
        curves = {"power": (f, heights.clamp(min=low))}
        if stage >= 4:
            curves["every 4th filter"] = self._triangles(low, low + 0.25 * (top - low))
        if stage >= 5:
            curves["bands"] = self._corners()[1:-1], decibels(self.bands[:, at]).clamp(min=low)
        return lines(curves, x_title="Hz", y_title="dB")

    def _corners(self, moved: float = 0.0) -> np.ndarray:
        """Where the filters begin, have their middle and end, (M + 2,) Hz; or so far on towards the next."""
        apart = float(mel(torch.tensor(self.rate / 2))) / (self.M + 1)
        return hertz((torch.arange(self.M + 2) + moved) * apart).numpy()

    def _triangles(self, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
        """x and y of every 4th filter, (M,) each with gaps between: all of them would hide each other."""
        x = np.lib.stride_tricks.sliding_window_view(self._corners(), 3)[::4]  # (M / 4, 3)
        y = np.tile([low, high, low, np.nan], len(x))
        return np.pad(x, ((0, 0), (0, 1)), constant_values=np.nan).ravel(), y
