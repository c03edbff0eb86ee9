"""Convolutions over pitch and energy, a number each for every frame: how something is said, not what (Rabiner 1977,
doi:10.1109/TASSP.1977.1162905, for pitch by autocorrelation).
"""

from typing import Literal

import torch
from torch import Tensor, nn

FRAME, HOP = 0.05, 0.03  # seconds
EVEN = 60  # by which the length of a Fourier transform can be divided, so that it is quick
HIGHEST, LOWEST = 500.0, 60.0  # Hz of a pitch
QUIET = 0.03  # of the greatest RMS: below it nothing is said
OCTAVE = 0.1  # autocorrelation that a lag twice as long must be better by
VOICED = 0.35  # autocorrelation from which a frame is voiced


def build(
    *, width: int = 24, hears: Literal["both", "energy", "mean_pitch"] = "both", rate: int = 8000, classes: int = 4
) -> nn.Module:
    """Pitch and energy of each frame, then three convolutions over time and a mean over all frames.

    width: channels of the first layer, at least 1.
    hears: pitch and energy; energy alone; or nothing but the mean pitch of the whole sound.
    rate: samples of a sound a second, at least 2000.
    classes: number of classes, at least 2.
    """
    return ProsodyNet(width, hears, rate, classes)


def pitch_of(sounds: Tensor, rate: int) -> tuple[Tensor, Tensor, Tensor]:
    """sounds (B, samples) -> log2 of the pitch in Hz, whether a frame is voiced, 0 or 1, and its RMS, (B, T) each.

    The pitch is rate / lag, where the autocorrelation of the frame at that lag is greatest; a lag of two periods would
    do as well, so that longer ones are worth a little less (Boersma 1993).
    """
    N = round(FRAME * rate)
    frames = sounds.unfold(1, N, round(HOP * rate))  # (B, T, N)
    frames = frames - frames.mean(2, keepdim=True)
    least, most = int(rate / HIGHEST), int(rate / LOWEST)
    length = -(-(N + most) // EVEN) * EVEN  # so that no lag goes round
    power = torch.fft.rfft(frames, length).abs().square()
    r = torch.fft.irfft(power, length)[..., : most + 1]  # (B, T, lags)
    r = r[..., least:] / r[..., :1].clamp(min=1e-9)
    lags = torch.arange(least, least + r.shape[2], device=sounds.device)
    lag = (r - OCTAVE * (lags / least).log2()).argmax(2, keepdim=True)
    height = r.gather(2, lag)[..., 0]
    rms = frames.square().mean(2).sqrt()
    loud = rms / rms.amax(1, keepdim=True).clamp(min=1e-9)
    voiced = ((height > VOICED) & (loud > QUIET)).float()
    return (rate / (lag[..., 0] + least)).log2(), voiced, rms


class ProsodyNet(nn.Module):
    """Sounds (B, samples) -> logits (B, classes)."""

    def __init__(self, width: int, hears: str, rate: int, classes: int):
        super().__init__()
        self.hears, self.rate = hears, rate
        layers: list[nn.Module] = []
        for ins, out in ((3, width), (width, 2 * width), (2 * width, 2 * width)):
            layers += [nn.Conv1d(ins, out, 5, padding=2, bias=False), nn.BatchNorm1d(out), nn.ReLU(), nn.AvgPool1d(2)]
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(4 * width, classes)

    def contours(self, sounds: Tensor) -> Tensor:
        """sounds (B, samples) -> octaves above the mean pitch, voicing, and log energy below the loudest (B, 3, T)."""
        pitch, voiced, rms = pitch_of(sounds, self.rate)
        mean = (pitch * voiced).sum(1, keepdim=True) / voiced.sum(1, keepdim=True).clamp(min=1)
        energy = (rms / rms.amax(1, keepdim=True).clamp(min=1e-9) + QUIET).log()
        own = (pitch - mean) * voiced
        if self.hears == "energy":
            own = torch.zeros_like(own)
        if self.hears == "mean_pitch":
            own, voiced, energy = (mean - 7).expand_as(own), torch.zeros_like(own), torch.zeros_like(own)
        return torch.stack([3 * own, voiced, energy], 1)

    def forward(self, sounds: Tensor) -> Tensor:
        with torch.no_grad():
            contours = self.contours(sounds)
        maps = self.features(contours)  # (B, 2 width, T / 8)
        return self.head(torch.cat([maps.mean(2), maps.amax(2)], 1))
