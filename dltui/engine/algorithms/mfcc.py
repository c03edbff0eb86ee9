"""Mel-frequency cepstral coefficients, step by step (Davis and Mermelstein 1980).

M: mel bands, C: coefficients, T: frames; L (M, T): the logarithm of the mel spectrogram, D (M, M): the cosines.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from dltui.engine.algorithms.mel import NEPER, hertz, log_mel, mel, mel_spectrogram
from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture, Sound
from dltui.engine.layers import torch_audio
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Heat, Lines, Spectrogram

METRICS = {
    "coefficients_used": Metric("coefficients that the envelopes are rebuilt from", counter=True),
    "explained": Metric(
        "share of the variance within the frames' log mel spectra that these coefficients rebuild",
        better="higher",
        range=(0, 1),
    ),
    "mean_explained": Metric(
        "share of the variance within frames that these coefficients rebuild, mean over 60 training sounds",
        better="higher",
        range=(0, 1),
        axis="explained",
    ),
    "mean_first_bands": Metric(
        "share of the variance that as many of the lowest mel bands hold, mean over these sounds",
        range=(0, 1),
        axis="explained",
    ),
    "error": Metric("greatest difference of a coefficient from torchaudio's", better="lower", check=True),
    "orthogonality_error": Metric(
        "greatest distance of the cosines' products with each other from 0, with themselves from 1",
        better="lower",
        check=True,
        axis="error",
    ),
}
SOUNDS = 60  # of which the means are
DEEP = 45.0  # dB, from the darkest to the brightest
COSINES = 4  # drawn at once


def build(
    *, coefficients: int = 13, bands: int = 32, window: int = 256, hop: int = 80, row: int = 7
) -> Callable[[Context], "MFCC"]:
    """Each step takes one coefficient more, and rebuilds the spectrogram from those there are.

    coefficients: how many are kept, at least 1, at most 64; no more than there are bands.
    bands: mel filters, at least 4, at most 64.
    window: samples under a window, at least 64, at most 1024.
    hop: samples from one window to the next, at least 16, at most 1024.
    row: which training sound is taken, at least 0.
    """

    def begin(context: Context) -> MFCC:
        return MFCC(context.rows.sounds().labelled(), min(coefficients, bands), bands, window, hop, row)

    return begin


def cosines(M: int) -> Tensor:
    """D (M, M) float64: row c is a cosine with c half periods over the bands, of length 1 (the orthonormal DCT-II)."""
    c, m = torch.arange(M, dtype=torch.float64)[:, None], torch.arange(M, dtype=torch.float64)
    D = math.sqrt(2 / M) * torch.cos(math.pi * c * (m + 0.5) / M)
    D[0] /= math.sqrt(2)
    return D


class MFCC:
    """A walkthrough of one sound of the training rows. The seed moves on to another from `row`."""

    def __init__(self, rows: Rows, C: int, M: int, N: int, hop: int, row: int):
        self.C, self.M, self.rate = C, M, rows.facts["rate"]
        row = (row + int(torch.randint(len(rows.train), ()))) % len(rows.train)
        self.x = rows.train.stored[row].double().cpu()  # (L,)
        self.word = rows.classes[rows.train.targets[row]]
        self.L = log_mel(mel_spectrogram(self.x, self.rate, N, hop, M))  # (M, T)
        self.D = cosines(M)
        many = (rows.train.stored[each].double().cpu() for each in range(min(SOUNDS, len(rows.train))))
        self.shares = [self._shares(log_mel(mel_spectrogram(x, self.rate, N, hop, M))) for x in many]
        self.c, self.own = self.D @ self.L, self._shares(self.L)  # (M, T): all coefficients; (2, M + 1)
        self.loudest = int(self.L.sum(0).argmax())
        self.length = C
        self.errors = self._errors(N, hop)

    def _errors(self, N: int, hop: int) -> dict[str, float]:
        transforms = torch_audio.load().transforms
        options = {"n_fft": N, "hop_length": hop, "n_mels": self.M}
        theirs = transforms.MFCC(self.rate, self.C, log_mels=True, melkwargs=options).double()(self.x)
        eye = torch.eye(self.M, dtype=self.D.dtype)
        return {
            "error": (self.c[: self.C] - theirs).abs().max().item(),
            "orthogonality_error": (self.D @ self.D.T - eye).abs().max().item(),
        }

    def _shares(self, L: Tensor) -> Tensor:
        """L (M, T) -> of the variance within its frames what the first 0 to M coefficients rebuild, and what the first
        0 to M bands hold (2, M + 1)."""
        shape = L - L.mean(0)  # without the loudness of each frame, which the first coefficient is
        of_coefficients, of_bands = (self.D @ shape).square().sum(1), shape.square().sum(1)  # (M,) both
        held = torch.stack([of_coefficients, of_bands]).cumsum(1) / of_bands.sum()
        return torch.cat([torch.zeros(2, 1, dtype=L.dtype), held], 1)

    def at(self, step: int) -> Moment:
        """With the first coefficients of each frame."""
        rebuilt = self.D[:step].T @ self.c[:step]  # (M, T)
        explained, first_bands = torch.stack(self.shares).mean(0)[:, step].tolist()
        metrics = {
            "coefficients_used": step,
            "explained": self.own[0, step].item(),
            "mean_explained": explained,
            "mean_first_bands": first_bands,
            **self.errors,
        }
        pictures = [
            Picture("mel spectrogram", self._spectrogram(self.L, self.word, heard=True)),
            Picture("coefficients", self._coefficients(step)),
            Picture("rebuilt", self._spectrogram(rebuilt, f"from {step} of {self.M} numbers a frame")),
            Picture("one frame", self._frame(rebuilt, step)),
        ]
        if step:
            pictures.append(Picture("cosines", self._cosines(step)))
        return Moment(metrics, pictures)

    def _spectrogram(self, values: Tensor, title: str, *, heard: bool = False) -> Spectrogram:
        top = NEPER * self.L.max().item()
        return Spectrogram(
            values=(NEPER * values).numpy(),
            hz=self._middles()[[0, -1]].tolist(),
            seconds=[0.0, len(self.x) / self.rate],
            db=[round(top - DEEP), round(top)],
            scale="mel",
            title=title,
            sound=Sound(self.x.numpy(), self.rate) if heard else None,
        )

    def _middles(self) -> Tensor:
        """(M,) Hz: where the filters have their middles."""
        nyquist = mel(torch.tensor(self.rate / 2, dtype=torch.float64)).item()
        return hertz(torch.linspace(0, nyquist, self.M + 2, dtype=torch.float64))[1:-1]

    def _coefficients(self, step: int) -> Heat:
        """Those taken so far, without the first, which is the loudness and greater than all others."""
        shown = torch.full((self.C - 1, self.c.shape[1]), torch.nan, dtype=self.c.dtype)
        shown[: max(0, step - 1)] = self.c[1 : max(1, step)]
        return Heat(values=shown.numpy(), x_title="frame", y_title="coefficient, from 1")

    def _frame(self, rebuilt: Tensor, step: int) -> Lines:
        """The loudest frame's envelope."""
        f = self._middles()
        curves = {"log mel": self.L, f"rebuilt from {step}": rebuilt}
        return lines(
            {name: (f, NEPER * part[:, self.loudest]) for name, part in curves.items()}, x_title="Hz", y_title="dB"
        )

    def _cosines(self, step: int) -> Lines:
        """The last cosines taken, each times its coefficient in the loudest frame."""
        some = range(max(0, step - COSINES), step)
        m = np.arange(self.M) + 1
        curves = {f"{c}": (m, NEPER * self.c[c, self.loudest] * self.D[c]) for c in some}
        return lines(curves, x_title="mel band", y_title="dB")
