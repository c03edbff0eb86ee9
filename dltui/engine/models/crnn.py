"""CRNN: convolutions make a row of frames, a recurrent net reads them both ways (Shi et al. 2015, arXiv:1507.05717)."""

from itertools import pairwise

from torch import Tensor, nn

from dltui.engine.layers.convolved import convolved
from dltui.engine.layers.log_mel import HOP, LogMel


def build(
    *,
    channels: int = 1,
    size: int = 28,
    inputs: int = 0,
    rate: int = 0,
    target_words: int = 14,
    width: int = 16,
    halvings: int = 2,
    hidden: int = 48,
    bands: int = 32,
    shift: int = 2,
) -> nn.Module:
    """A picture of any width, or a sound, becomes a row of frames with logits of the symbols each.

    channels: channels of a picture, at least 1.
    size: height of a picture in pixels, at least 8.
    inputs: samples of a sound, at least 0.
    rate: samples of a sound a second, at least 0; 0 where rows are pictures.
    target_words: symbols, number 0 is the blank, at least 2.
    width: channels of the first convolution, at least 1; the third has four times as many.
    halvings: how many of the three convolutions halve the width too, or the time, at least 0, at most 3.
    hidden: units of the LSTM each way, at least 0; 0: each frame is judged by what its convolutions see.
    bands: mel bands of a sound, at least 8.
    shift: bands that a sound is moved up or down at most in training, and twice as many time steps earlier or later,
        at least 0, at most 8.
    """
    if not rate:
        return CRNN(channels, size, target_words, width, halvings, hidden)
    heard = LogMel(rate, bands, shift, frames=round(inputs / rate / HOP))
    return nn.Sequential(heard, CRNN(1, bands, target_words, width, halvings, hidden))


class CRNN(nn.Module):
    """(B, channels, size, W) -> logits (B, F, target_words), F = W / 2^halvings."""

    def __init__(self, channels: int, size: int, target_words: int, width: int, halvings: int, hidden: int):
        super().__init__()
        layers: list[nn.Module] = []
        for number, (ins, out) in enumerate(pairwise((channels, width, 2 * width, 4 * width))):
            halved = (2, 2 if number < halvings else 1)
            pooled = (nn.MaxPool2d(halved, ceil_mode=True),) if number else ()  # the first, of the most pixels, strides
            layers += [*convolved(ins, out, stride=1 if number else halved), *pooled]
        self.features = nn.Sequential(*layers)
        features = 4 * width * -(-size // 8)
        self.lstm = nn.LSTM(features, hidden, batch_first=True, bidirectional=True) if hidden else None
        self.head = nn.Linear(2 * hidden or features, target_words)

    def forward(self, pictures: Tensor) -> Tensor:
        maps = self.features(pictures)  # (B, 4 width, size / 8, F)
        frames = maps.flatten(1, 2).transpose(1, 2)  # (B, F, features)
        return self.head(self.lstm(frames)[0] if self.lstm is not None else frames)
