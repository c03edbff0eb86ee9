"""Two vectors a word: as the middle of its neighbourhood, and as a neighbour (Mikolov et al. 2013, arXiv:1310.4546)."""

import torch
from torch import Tensor, nn


def build(*, words: int = 150, size: int = 24) -> nn.Module:
    """Tables of vectors.

    words: words of the vocabulary, at least 2.
    size: numbers of a vector, at least 2.
    """
    return WordVectors(words, size)


class WordVectors(nn.Module):
    """(centres (B,), contexts (B, K)) -> u_o . v_c (B, K): how well each context word goes with its centre."""

    def __init__(self, words: int, size: int):
        super().__init__()
        self.v = nn.Embedding(words, size)  # of a word in the middle: these are kept
        self.u = nn.Embedding(words, size)  # of a word beside it
        nn.init.uniform_(self.v.weight, -0.5 / size, 0.5 / size)  # as in the authors' word2vec
        nn.init.zeros_(self.u.weight)

    def forward(self, centres: Tensor, contexts: Tensor) -> Tensor:
        return torch.einsum("bd,bkd->bk", self.v(centres), self.u(contexts))
