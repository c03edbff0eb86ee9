"""The frames of a film, each read by the same convolutions."""

import torch
from torch import Tensor, nn

from dltui.engine.layers.convolved import convolved


class FrameReader(nn.Module):
    """Films (B, T, size, size) -> features of each frame (B, T, out). Three halvings, then one dense layer.

    changes: whether a frame is read together with what has changed since the frame before it.
    """

    def __init__(self, size: int, width: int, out: int, *, changes: bool = False):
        super().__init__()
        self.changes = changes
        self.maps = nn.Sequential(
            *convolved(1 + changes, width, 2), *convolved(width, 2 * width, 2), *convolved(2 * width, 4 * width, 2)
        )
        side = -(-size // 8)
        self.dense = nn.Sequential(nn.Flatten(), nn.Linear(4 * width * side * side, out), nn.ReLU())

    def forward(self, films: Tensor) -> Tensor:
        frames = films[:, :, None]  # (B, T, 1, size, size)
        if self.changes:
            before = torch.cat([films[:, :1], films[:, :-1]], 1)[:, :, None]
            frames = torch.cat([frames, frames - before], 2)
        frames = frames.flatten(0, 1)  # (B T, 1 or 2, size, size): time is a matter of what follows
        return self.dense(self.maps(frames)).unflatten(0, films.shape[:2])
