"""A small convolutional net for sounds: a log mel spectrogram, then convolutions over frequency and time."""

import torch
from torch import Tensor, nn

from dltui.engine.layers import torch_audio
from dltui.engine.layers.halving import halving

WINDOW, HOP = 0.032, 0.02  # seconds
FAINT = 1e-4  # of the loudest: what is more than 40 dB below counts as silence


def build(
    *, rate: int = 8000, classes: int = 10, mels: int = 32, width: int = 16, dropout: float = 0.3, shift: int = 2
) -> nn.Module:
    """Three blocks of convolution over log mel spectrograms.

    rate: samples of a sound a second, at least 4000.
    classes: number of classes, at least 2.
    mels: bands of the mel spectrogram, at least 16, at most 64.
    width: channels of the first block; the others have twice and three times as many; at least 1.
    dropout: share of features silenced in training, at least 0, below 1.
    shift: bands that a sound is moved up or down at most in training, as by a shorter or longer throat, at least 0,
        at most 8; and as many times two steps earlier or later.
    """
    return MelCNN(rate, classes, mels, width, dropout, shift)


class MelCNN(nn.Module):
    """Sounds (B, samples) -> logits (B, classes)."""

    def __init__(self, rate: int, classes: int, mels: int, width: int, dropout: float, shift: int):
        super().__init__()
        self.shift = shift
        transforms = torch_audio.load().transforms
        n_fft = round(WINDOW * rate)
        self.mel = transforms.MelSpectrogram(rate, n_fft, hop_length=round(HOP * rate), n_mels=mels)
        channels = [1, width, 2 * width, 3 * width]
        self.features = nn.Sequential(*halving(channels), nn.AdaptiveAvgPool2d((4, 4)))  # (B, 3 width, 4, 4)
        self.classifier = nn.Sequential(nn.Flatten(), nn.Dropout(dropout), nn.Linear(16 * channels[-1], classes))

    def forward(self, sounds: Tensor) -> Tensor:
        pictures = self.log_mel(sounds)  # (B, 1, mels, T)
        if self.training and self.shift:
            pictures = self._shifted(pictures)
        return self.classifier(self.features(pictures))

    def log_mel(self, sounds: Tensor) -> Tensor:
        """Sounds (B, samples) -> (B, 1, mels, T): 0 is the loudest of a sound, -9.2 silence."""
        power = self.mel(sounds)  # (B, mels, T)
        loudest = power.amax((1, 2), keepdim=True).clamp(min=1e-12)
        return (power / loudest + FAINT).log()[:, None]

    def _shifted(self, pictures: Tensor) -> Tensor:
        """Each moved by a few bands and steps of its own; at the edges the outermost is repeated."""
        B, _, M, T = pictures.shape
        device, shift = pictures.device, self.shift
        up = torch.randint(-shift, shift + 1, (B, 1, 1), device=device)
        later = torch.randint(-2 * shift, 2 * shift + 1, (B, 1, 1), device=device)
        bands = (torch.arange(M, device=device)[:, None] + up).clamp(0, M - 1)  # (B, M, 1)
        steps = (torch.arange(T, device=device) + later).clamp(0, T - 1)  # (B, 1, T)
        rows = torch.arange(B, device=device)[:, None, None]
        return pictures[rows, 0, bands, steps][:, None]
