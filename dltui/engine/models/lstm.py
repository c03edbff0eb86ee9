"""Recurrent nets over symbols: long short-term memory (Hochreiter and Schmidhuber 1997), gated units (Cho et al. 2014,
arXiv:1406.1078), or neither."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from dltui.engine.reading.sentences import PAD

CELLS = {"lstm": nn.LSTM, "gru": nn.GRU, "plain": nn.RNN}


def build(
    *,
    symbols: int = 100,
    outputs: int = 100,
    embedding: int = 48,
    hidden: int = 192,
    layers: int = 1,
    cell: Literal["lstm", "gru", "plain"] = "lstm",
    both_ways: bool = False,
    dropout: float = 0.0,
    answer: Literal["each", "last"] = "each",
) -> nn.Module:
    """A recurrent net that answers at every symbol, or once for all of them.

    symbols: symbols or words there are, at least 2.
    outputs: numbers of an answer, at least 1.
    embedding: numbers of a symbol, at least 1.
    hidden: units of a layer, and as many backwards where it reads both ways, at least 1.
    layers: layers above each other, at least 1.
    cell: lstm, with gates and a state that is added to; gru, with two gates and one state; plain, tanh(W [h, x] + b).
    both_ways: whether a second net reads from the end; number 0 pads a row then. It sees what comes next.
    dropout: share of the embedding's and the last layer's numbers silenced in training, at least 0, below 1.
    answer: each, at every symbol; last, from the state after a row's last symbol; number 0 pads a row then.
    """
    return Recurrent(symbols, outputs, embedding, hidden, layers, cell, both_ways, dropout, answer)


class Recurrent(nn.Module):
    """(B, T) symbols -> logits (B, T, outputs), or (B, outputs) where it answers last."""

    def __init__(
        self,
        symbols: int,
        outputs: int,
        embedding: int,
        hidden: int,
        layers: int,
        cell: str,
        both_ways: bool,
        dropout: float,
        answer: str = "each",
    ):
        super().__init__()
        self.both_ways, self.answer = both_ways, answer
        self.embed = nn.Embedding(symbols, embedding)
        self.dropout = nn.Dropout(dropout)
        self.cells = CELLS[cell](embedding, hidden, layers, batch_first=True, bidirectional=both_ways)
        self.head = nn.Linear(hidden * (1 + both_ways), outputs)

    part_names = ("embedding", "recurrent layer")

    @property
    def parts(self) -> tuple[nn.Module, ...]:
        """What fine-tuning may train one by one, from the input to the head."""
        return self.embed, self.cells, self.head

    def forward(self, symbols: Tensor) -> Tensor:
        h = self.states(symbols)
        return self.head(self.dropout(h if self.answer == "each" else self.at_the_end(h, symbols)))

    def states(self, symbols: Tensor) -> Tensor:
        """symbols (B, T) -> h (B, T, H), of both ways side by side (B, T, 2 H)."""
        if not self.both_ways:
            return self.cells(self.dropout(self.embed(symbols)))[0]
        lengths = (symbols != PAD).sum(1).clamp(min=1).cpu()  # the way back begins at a row's own end
        packed = pack_padded_sequence(self.dropout(self.embed(symbols)), lengths, True, enforce_sorted=False)
        return pad_packed_sequence(self.cells(packed)[0], True, total_length=symbols.shape[1])[0]

    def at_the_end(self, h: Tensor, symbols: Tensor) -> Tensor:
        """h (B, T, H) -> (B, H): after a row's last symbol; what came backwards, after its first."""
        last = (symbols != PAD).sum(1).clamp(min=1) - 1  # (B,)
        ends = h.gather(1, last[:, None, None].expand(-1, 1, h.shape[2]))[:, 0]
        forwards = self.cells.hidden_size
        return torch.cat([ends[:, :forwards], h[:, 0, forwards:]], 1) if self.both_ways else ends

    def read(self, symbols: Tensor, state: object = None) -> tuple[Tensor, object]:
        """Returns logits (B, T, outputs) and the state after the last symbol, from which a later call goes on."""
        h, state = self.cells(self.dropout(self.embed(symbols)), state)  # (B, T, H)
        return self.head(self.dropout(h)), state
