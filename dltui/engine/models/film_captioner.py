"""Sentences about films: convolutions read each frame, a GRU their order, another writes and looks back at the frames
by attention (Venugopalan et al. 2015, S2VT, arXiv:1505.00487; Yao et al. 2015, arXiv:1502.08029)."""

from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.layers.frame_reader import FrameReader
from dltui.engine.models.attention_seq2seq import Annotations, AttentionSeq2Seq


def build(
    *,
    size: int = 28,
    target_words: int = 21,
    width: int = 8,
    embedding: int = 24,
    hidden: int = 48,
    reads: Literal["order", "shuffled", "one"] = "order",
    attention: Literal["additive", "even", "none"] = "additive",
) -> nn.Module:
    """Frames in grey are the channels of the input; each is read with what has changed since the one before.

    size: height and width of a frame in pixels, at least 8.
    target_words: words of the language that is written, at least 5.
    width: channels of the first convolution, at least 1.
    embedding: numbers of a word, at least 1.
    hidden: features of a frame, and units of each GRU, at least 1.
    reads: order, the frames as they follow one another; shuffled, all of them in an order drawn anew for each batch;
        one, the middle frame is all that is seen.
    attention: additive, the frames are weighed anew for each word; even, all weigh the same; none, the last state of
        the reader each time.
    """
    return AttentionSeq2Seq(FilmEncoder(size, width, hidden, reads), target_words, embedding, hidden, attention)


class FilmEncoder(nn.Module):
    """Films (B, T, size, size) -> Annotations of T frames, S = `hidden`, D = 2S: the reader's state after each, and its
    last one, so that whatever frame is looked at the whole film is known."""

    shape = (1, -1)  # of the places, as a row

    def __init__(self, size: int, width: int, hidden: int, reads: str):
        super().__init__()
        self.reads, self.D, self.S = reads, 2 * hidden, hidden
        self.frames = FrameReader(size, width, hidden, changes=True)
        self.gru = nn.GRU(hidden, hidden, batch_first=True)

    def forward(self, films: Tensor) -> Annotations:
        frames = films.shape[1]
        if self.reads == "one":
            films = films[:, frames // 2 : frames // 2 + 1]
        elif self.reads == "shuffled":
            films = films[:, torch.randperm(frames, device=films.device)]
        h, last = self.gru(self.frames(films))  # (B, T, H), (1, B, H)
        both = torch.cat([h, last[0][:, None].expand_as(h)], 2)  # (B, T, 2 H)
        return Annotations(both, h.new_ones(h.shape[:2], dtype=torch.bool), both[:, -1], last[0])
