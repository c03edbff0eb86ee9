"""A recurrent net whose tags are chosen together by a conditional random field (Huang, Xu, Yu 2015, arXiv:1508.01991;
Lample et al. 2016, arXiv:1603.01360)."""

from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.layers.crf import CRF
from dltui.engine.models.lstm import Recurrent
from dltui.engine.reading.sentences import NO_TAG, PAD


def build(
    *,
    symbols: int = 100,
    outputs: int = 7,
    embedding: int = 48,
    hidden: int = 64,
    cell: Literal["lstm", "gru", "plain"] = "lstm",
    both_ways: bool = True,
    dropout: float = 0.0,
) -> nn.Module:
    """A recurrent net that scores each tag of each word, and learned scores of each move from tag to tag.

    symbols: words there are, at least 2.
    outputs: tags, at least 2.
    embedding: numbers of a word, at least 1.
    hidden: units, and as many backwards where it reads both ways, at least 1.
    cell: lstm, with gates and a state that is added to; gru, with two gates and one state; plain, tanh(W [h, x] + b).
    both_ways: whether a second net reads from the end.
    dropout: share of the embedding's and the last layer's numbers silenced in training, at least 0, below 1.
    """
    return LSTMCRF(Recurrent(symbols, outputs, embedding, hidden, 1, cell, both_ways, dropout), outputs)


class LSTMCRF(nn.Module):
    """See contracts.models.Tagger: words (B, L), PAD behind the last."""

    def __init__(self, net: Recurrent, tags: int):
        super().__init__()
        self.net, self.crf = net, CRF(tags)

    @property
    def embed(self) -> nn.Module:
        """Words -> their embeddings."""
        return self.net.embed

    def forward(self, words: Tensor) -> Tensor:
        """words (B, L) -> emissions (B, L, tags): what each word says of its tag by itself."""
        return self.net(words)

    def tag_loss(self, words: Tensor, targets: Tensor) -> Tensor:
        """Minus the log-probability of the true path of each sentence, as a mean over the words."""
        there = targets != NO_TAG
        there = torch.cat([torch.ones_like(there[:, :1]), there[:, 1:]], 1)  # a row has one word at least
        return -self.crf.log_probability(self(words).float(), targets.clamp(min=0), there).sum() / there.sum()

    def tags(self, words: Tensor) -> Tensor:
        """words (B, L) -> the tags of the best path (B, L)."""
        there = words != PAD
        there = torch.cat([torch.ones_like(there[:, :1]), there[:, 1:]], 1)
        return self.crf.best(self(words).float(), there)
