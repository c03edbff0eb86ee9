"""Log mel spectrograms as square pictures, so that a net for pictures can listen (Davis and Mermelstein 1980)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from dltui.engine.layers import torch_audio

WINDOW, HOP = 0.032, 0.02  # seconds
FAINT = 1e-4  # of the loudest: what is more than 40 dB below counts as silence


class LogMel(nn.Module):
    """Sounds (B, samples) -> (B, 1, size, frames), mel bands by time: 0 is the loudest of a sound, -9.2 silence.

    frames: 0 makes as many as there are bands, whatever the length of a sound.
    In training each is moved by at most `shift` bands, as by a shorter or longer throat, and twice as many time steps.
    """

    def __init__(self, rate: int, size: int, shift: int, frames: int = 0):
        super().__init__()
        self.size, self.frames, self.shift = size, frames or size, shift
        transforms = torch_audio.load().transforms
        self.mel = transforms.MelSpectrogram(rate, round(WINDOW * rate), hop_length=round(HOP * rate), n_mels=size)

    def forward(self, sounds: Tensor) -> Tensor:
        power = adaptive_avg_pool2d(self.mel(sounds), (self.size, self.frames))
        loudest = power.amax((1, 2), keepdim=True).clamp(min=1e-12)
        pictures = (power / loudest + FAINT).log()[:, None]
        return self._shifted(pictures) if self.training and self.shift else pictures

    def _shifted(self, pictures: Tensor) -> Tensor:
        """Each moved by its own draw; at the edges the outermost is repeated."""
        B, device = len(pictures), pictures.device
        up, later = (torch.randint(-most, most + 1, (B, 1), device=device) for most in (self.shift, 2 * self.shift))
        bands, steps = (
            (torch.arange(length, device=device) + moved).clamp(0, length - 1)
            for length, moved in ((self.size, up), (self.frames, later))
        )  # (B, size), (B, frames)
        rows = torch.arange(B, device=device)[:, None, None]
        return pictures[rows, 0, bands[:, :, None], steps[:, None]][:, None]
