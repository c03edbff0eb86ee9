"""Words as the means of the vectors of their n-grams (Bojanowski et al. 2017, arXiv:1607.04606)."""

import zlib
from collections.abc import Sequence

import torch
from torch import Tensor, nn

SHORTEST, LONGEST = 3, 6  # letters of an n-gram, < and > counted


def ngrams(word: str) -> list[str]:
    """Returns the parts of `<word>` that have 3 to 6 letters; the brackets say where it begins and ends."""
    whole = f"<{word}>"
    return [whole[at : at + n] for n in range(SHORTEST, LONGEST + 1) for at in range(len(whole) - n + 1)]


class SubwordEmbedding(nn.Module):
    """Numbers of words (...) int64 -> vectors (..., d); n-grams that share a bucket share a vector."""

    def __init__(self, words: Sequence[str], d: int, buckets: int = 4096):
        super().__init__()
        self.embedding_dim = d
        rows = [[1 + zlib.crc32(gram.encode()) % buckets for gram in ngrams(word)] for word in words]
        longest = max(map(len, rows))
        grams = torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows])  # (words, G), 0 behind the last
        self.register_buffer("grams", grams, persistent=False)
        self.vectors = nn.Embedding(buckets + 1, d, padding_idx=0)

    @property
    def weight(self) -> Tensor:
        """The vectors (buckets + 1, d) of n-grams."""
        return self.vectors.weight

    def forward(self, words: Tensor) -> Tensor:
        grams = self.grams[words]  # (..., G)
        return self.vectors(grams).sum(-2) / (grams > 0).sum(-1, keepdim=True).clamp(min=1)
