"""How a film goes on, by a GRU whose states are maps (Ballas et al. 2015, arXiv:1511.06432; Shi et al. 2015, ConvLSTM,
arXiv:1506.04214)."""

import torch
from torch import Tensor, nn

from dltui.engine.layers.convolved import convolved


def build(*, size: int = 28, classes: int = 5, width: int = 24, seen: int = 0) -> nn.Module:
    """Frames in grey are the channels of the input; what follows them are those of the output.

    size: height and width of a frame in pixels, even.
    classes: frames that are predicted, at least 1.
    width: channels of a frame's maps and of the hidden state, at least 1.
    seen: how many of the last frames are looked at, at least 0; 0: all.
    """
    return ConvGRU(size, classes, width, seen)


class Cell(nn.Module):
    """A GRU cell with convolutions for matrices: x and h (B, width, H, W) -> h (B, width, H, W)."""

    def __init__(self, width: int):
        super().__init__()
        self.gates = nn.Conv2d(2 * width, 2 * width, 3, padding=1)
        self.candidate = nn.Conv2d(2 * width, width, 3, padding=1)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        z, r = self.gates(torch.cat([x, h], 1)).sigmoid().chunk(2, 1)  # update and reset
        new = self.candidate(torch.cat([x, r * h], 1)).tanh()
        return (1 - z) * h + z * new


class ConvGRU(nn.Module):
    """See contracts.models.Restorer: (B, T, size, size) -> logits (B, classes, size, size)."""

    def __init__(self, size: int, classes: int, width: int, seen: int):
        super().__init__()
        self.seen = seen
        self.reader = nn.Sequential(*convolved(1, width, 2))
        self.cell = Cell(width)
        self.writer = nn.Sequential(
            *convolved(width, 2 * width), *convolved(2 * width, width), nn.ConvTranspose2d(width, classes, 2, stride=2)
        )

    def forward(self, films: Tensor) -> Tensor:
        films = films[:, -self.seen :] if self.seen else films
        x = self.reader(films.flatten(0, 1)[:, None]).unflatten(0, films.shape[:2])  # (B, T, width, H / 2, W / 2)
        h = torch.zeros_like(x[:, 0])
        for frame in x.unbind(1):
            h = self.cell(frame, h)
        return self.writer(h)
