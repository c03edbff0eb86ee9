"""Encoder and decoder: one recurrent net reads a sentence, another writes one from its last state (Sutskever, Vinyals
and Le 2014, arXiv:1409.3215; Cho et al. 2014, arXiv:1406.1078)."""

from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.contracts.models import Decoded, Decoding
from dltui.engine.models.lstm import CELLS
from dltui.engine.reading.sentences import PAD, START


def build(
    *,
    source_words: int = 20,
    target_words: int = 20,
    embedding: int = 32,
    hidden: int = 128,
    cell: Literal["lstm", "gru", "plain"] = "lstm",
    reverse: bool = False,
) -> nn.Module:
    """All that the decoder knows of the sentence is the state in which the encoder ended.

    source_words: words of the language that is read, at least 5.
    target_words: words of the language that is written, at least 5.
    embedding: numbers of a word, at least 1.
    hidden: units of the encoder and of the decoder, at least 1.
    cell: lstm, with a second state that is added to; gru, with two gates and one state; plain, tanh(W [h, x] + b).
    reverse: whether the sentence is read from its last word to its first, so that its beginning is read last.
    """
    return Seq2Seq(source_words, target_words, embedding, hidden, cell, reverse)


class Seq2Seq(nn.Module):
    """See contracts.models.Sequence: sources (B, L), targets (B, T) words -> logits (B, T, target_words)."""

    def __init__(self, source_words: int, target_words: int, embedding: int, hidden: int, cell: str, reverse: bool):
        super().__init__()
        self.reverse = reverse
        self.read_words = nn.Embedding(source_words, embedding, padding_idx=PAD)
        self.written_words = nn.Embedding(target_words, embedding, padding_idx=PAD)
        self.encoder = CELLS[cell](embedding, hidden, batch_first=True)
        self.decoder = CELLS[cell](embedding, hidden, batch_first=True)
        self.head = nn.Linear(hidden, target_words)

    def encode(self, sources: Tensor) -> Tensor | tuple[Tensor, Tensor]:
        """Returns the state after the last word that is read: h (1, B, H), of an LSTM (h, c)."""
        there = sources != PAD  # (B, L), the end among the words
        if self.reverse:
            places = torch.arange(sources.shape[1], device=sources.device)
            sources = sources.gather(1, (there.sum(1, keepdim=True) - 1 - places).clamp(min=0))
        state = None
        for x, here in zip(self.read_words(sources).split(1, 1), there.split(1, 1), strict=True):  # (B, 1, E), (B, 1)
            after = self.encoder(x, state)[1]
            state = after if state is None else _chosen(here, after, state)  # a sentence that has ended is kept
        return state

    def forward(self, sources: Tensor, targets: Tensor) -> Tensor:
        before = torch.cat([torch.full_like(targets[:, :1], START), targets[:, :-1]], 1)
        h, _ = self.decoder(self.written_words(before), self.encode(sources))  # (B, T, H)
        return self.head(h)

    def decode(self, sources: Tensor, how: Decoding) -> Decoded:
        """Sources (B, L) -> words (B, T), each the likeliest after those before it."""
        state = self.encode(sources)
        word, words = torch.full_like(sources[:, :1], START), []
        for _ in range(how.length):
            h, state = self.decoder(self.written_words(word), state)  # (B, 1, H)
            word = self.head(h).argmax(2)
            words.append(word)
        return Decoded(torch.cat(words, 1), None)


def _chosen(here: Tensor, after: Tensor | tuple, before: Tensor | tuple) -> Tensor | tuple:
    """States (1, B, H), or pairs of them: `after` in the rows where here (B, 1) is True, else `before`."""
    if isinstance(after, tuple):
        return tuple(_chosen(here, *pair) for pair in zip(after, before, strict=True))
    return torch.where(here, after, before)
