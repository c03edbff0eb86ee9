"""A classifier of films: convolutions read each frame, a recurrent net reads their features in order (Donahue et al.
2015, LRCN, arXiv:1411.4389); beside it what sees the frames without their order, or one of them."""

from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.layers.frame_reader import FrameReader


def build(
    *,
    size: int = 28,
    outputs: int = 8,
    width: int = 8,
    hidden: int = 48,
    reads: Literal["order", "bag", "one"] = "order",
) -> nn.Module:
    """Frames in grey are the channels of the input.

    size: height and width of a frame in pixels, at least 8.
    outputs: logits, at least 1.
    width: channels of the first convolution, doubled by each of the two others, at least 1.
    hidden: features of a frame, and units of the GRU, at least 1.
    reads: order, a GRU goes from frame to frame; bag, the features of all frames are averaged; one, the middle frame is
        all that is seen.
    """
    return FilmNet(size, outputs, width, hidden, reads)


class FilmNet(nn.Module):
    """(B, T, size, size) -> logits (B, outputs)."""

    def __init__(self, size: int, outputs: int, width: int, hidden: int, reads: str):
        super().__init__()
        self.reads = reads
        self.frames = FrameReader(size, width, hidden)
        if reads == "order":
            self.gru = nn.GRU(hidden, hidden, batch_first=True)
        self.head = nn.Linear(hidden, outputs)

    def verdicts(self, films: Tensor) -> Tensor:
        """(B, T, size, size) -> logits after each frame (B, T, outputs)."""
        if self.reads == "one":
            middle = films.shape[1] // 2
            return self.head(self.frames(films[:, middle : middle + 1])).expand(-1, films.shape[1], -1)
        features = self.frames(films)
        if self.reads == "order":
            return self.head(self.gru(features)[0])
        counted = torch.arange(1, films.shape[1] + 1, device=films.device)[:, None]
        return self.head(features.cumsum(1) / counted)

    def forward(self, films: Tensor) -> Tensor:
        return self.verdicts(films)[:, -1]
