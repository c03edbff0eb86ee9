"""The mel spectrogram shown: frame, window, spectrum, filters, logarithm, then frame after frame."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch import nn
from torch.nn.functional import pad

from dltui.engine.algorithms.mel import hertz, log_mel, mel, mel_spectrogram
from dltui.engine.algorithms.stft import decibels, framed, hann, power
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Picture, Sound
from dltui.engine.layers import torch_audio
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ()
METRICS = {
    "steps_shown": Metric("steps of the first frame, then frames"),
    "error": Metric(
        "greatest difference of a band's power from torchaudio's MelSpectrogram, as a share of the loudest",
        better="lower",
    ),
    "log_error": Metric("greatest difference of the log mel spectrogram from torchaudio's", better="lower"),
    "low_bands": Metric("bands whose middle lies below 1000 Hz"),
}
STEPS = ("1 frame", "2 window", "3 power of the FFT", "4 mel filters", "5 logarithm")
DEEP = 45.0  # dB, from the darkest to the brightest
NEPER = 10 / np.log(10)  # dB of a step of 1 in ln of power


def build(*, window: int = 256, hop: int = 80, bands: int = 32, row: int = 7) -> Callable:
    """Returns (data, nets, device) -> Mel.

    window: samples under a window, at least 64, at most 1024.
    hop: samples from one window to the next, at least 16, at most 1024.
    bands: mel filters, at least 4, at most 64.
    row: which training sound is taken, at least 0.
    """
    return partial(Mel, N=window, hop=hop, M=bands, row=row)


class Mel:
    """One sound of the data (samples,). The seed moves on to another from `row`."""

    def __init__(
        self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, N: int, hop: int, M: int, row: int
    ):
        if "rate" not in data.facts:
            raise DltuiError(
                "A mel spectrogram is of a sound; these data hold none.", "Take: data.kind=sounds", ExitStatus.USAGE
            )
        self.N, self.hop, self.M, self.rate = N, hop, M, data.facts["rate"]
        row = (row + int(torch.randint(len(data.train.inputs), ()))) % len(data.train.inputs)
        self.x = data.train.inputs[row].double()  # (L,)
        self.word = data.classes[data.train.targets[row]]
        self.frames = framed(pad(self.x[None], (N // 2, N // 2), mode="reflect")[0], N, hop)  # (T, N)
        self.bands = mel_spectrogram(self.x, self.rate, N, hop, M)  # (M, T)
        self.first = int(self.bands.sum(0).argmax())  # the loudest frame is taken apart
        self.place = nets["place"] = Counters(step=0)

    def advance(self, step: int) -> dict[str, float]:
        self.place["step"] = step
        return {}

    @property
    def stage(self) -> int:
        """Steps of the first frame that have been made, 0..5."""
        return min(self.place["step"], len(STEPS))

    @property
    def filled(self) -> int:
        """Frames of the sound that have been put in their place."""
        return min(len(self.frames), max(0, self.place["step"] - len(STEPS)))

    def evaluate(self) -> dict[str, float]:
        transforms = torch_audio.load().transforms
        theirs = transforms.MelSpectrogram(self.rate, self.N, hop_length=self.hop, n_mels=self.M).double()(self.x)
        return {
            "steps_shown": self.stage + self.filled,
            "error": ((self.bands - theirs).abs().max() / theirs.max()).item(),
            "log_error": (log_mel(self.bands) - log_mel(theirs)).abs().max().item(),
            "low_bands": int((self._corners()[1:-1] < 1000).sum()),
        }

    # -- the pictures ----------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        at = self.first if self.stage < len(STEPS) or not self.filled else self.filled - 1
        yield Picture("mel spectrogram", self._spectrogram())
        yield Picture("the frame", self._frame(at))
        if self.stage >= 3:
            yield Picture("its spectrum", self._spectrum(at))

    def _spectrogram(self) -> dict:
        """What has been put in its place; while the first frame is taken apart, that alone once it is done."""
        values = NEPER * log_mel(self.bands)  # (M, T) dB
        top = values.max().item()
        shown = torch.full_like(values, torch.nan)
        shown[:, : self.filled] = values[:, : self.filled]
        if self.stage == len(STEPS):
            shown[:, self.first] = values[:, self.first]
        done = STEPS[self.stage - 1] if self.stage > 0 and not self.filled else f"frame {self.filled}"
        return {
            "type": "spectrogram",
            "values": shown.numpy(),
            "hz": self._corners(0.5)[[0, -2]].tolist(),
            "seconds": [0.0, len(self.x) / self.rate],
            "db": [round(top - DEEP), round(top)],
            "scale": "mel",
            "title": f"{self.word}: {done}",
            "sound": Sound(self.x.numpy(), self.rate),
        }

    def _frame(self, at: int) -> dict:
        """The samples under the window; then the window, and the product of both."""
        frame, w = self.frames[at], hann(self.N)
        t = 1000 * (at * self.hop + np.arange(self.N) - self.N / 2) / self.rate
        if self.stage < 2:
            curves = [{"name": "samples", "x": t, "y": frame.numpy()}]
        else:
            curves = [
                {"name": "samples * window", "x": t, "y": (frame * w).numpy()},
                {"name": "window", "x": t, "y": (frame.abs().max() * w).numpy()},
            ]
        return {"type": "lines", "curves": curves, "x_title": "ms", "y_title": ""}

    def _spectrum(self, at: int) -> dict:
        """The power of each bin, filters as triangles below it, and what each of all lets through."""
        P = power(self.frames[at], hann(self.N))  # (K,)
        f = np.arange(len(P)) * self.rate / self.N
        heights = decibels(P)
        low, top = heights.max().item() - DEEP, heights.max().item()
        curves = [{"name": "power", "x": f, "y": heights.clamp(min=low).numpy()}]
        if self.stage >= 4:
            curves.append({"name": "every 4th filter", **self._triangles(low, low + 0.25 * (top - low))})
        if self.stage >= 5:
            edges = self._corners()
            passed = decibels(self.bands[:, at]).clamp(min=low).numpy()
            curves.append({"name": "bands", "x": edges[1:-1], "y": passed})
        return {"type": "lines", "curves": curves, "x_title": "Hz", "y_title": "dB"}

    def _corners(self, moved: float = 0.0) -> np.ndarray:
        """Where the filters begin, have their middle and end, (M + 2,) Hz; or so far on towards the next."""
        apart = float(mel(torch.tensor(self.rate / 2))) / (self.M + 1)
        return hertz((torch.arange(self.M + 2) + moved) * apart).numpy()

    def _triangles(self, low: float, high: float) -> dict[str, np.ndarray]:
        corners = self._corners()
        x = np.stack([corners[:-2], corners[1:-1], corners[2:]], 1)[
            ::4
        ]  # (M / 4, 3): all of them would hide each other
        gaps = np.full((len(x), 1), np.nan)
        y = np.tile([low, high, low], (len(x), 1))
        return {"x": np.concatenate([x, gaps], 1).ravel(), "y": np.concatenate([y, gaps], 1).ravel()}
