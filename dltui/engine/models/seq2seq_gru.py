"""Encoder and decoder of gated units (Cho et al. 2014, arXiv:1406.1078), with attention (Bahdanau et al. 2014,
arXiv:1409.0473)."""

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from dltui.engine.contracts.models import Decoded, Decoding
from dltui.engine.reading.sentences import PAD, START


def build(
    *,
    source_words: int = 100,
    target_words: int = 120,
    embedding: int = 48,
    hidden: int = 96,
    attention: Literal["additive", "none"] = "additive",
) -> nn.Module:
    """A GRU that reads a sentence in both directions, and one that writes another.

    source_words: words of the language that is read, at least 5.
    target_words: words of the language that is written, at least 5.
    embedding: numbers of a word, at least 1.
    hidden: units of each GRU, at least 1.
    attention: additive, each word written looks at all words read; none, only at what the reader remembers at its end.
    """
    return Seq2Seq(source_words, target_words, embedding, hidden, attention == "additive")


class Memory(NamedTuple):
    """What was read: annotations h (B, S, 2H), `keys` U_a h (B, S, H), where there are words, and the last states."""

    h: Tensor
    keys: Tensor | None
    there: Tensor  # (B, S) bool
    summary: Tensor  # (B, 2H)


class Seq2Seq(nn.Module):
    """See contracts.models.Sequence: sources (B, S), targets (B, T) words -> logits (B, T, target_words)."""

    def __init__(self, source_words: int, target_words: int, embedding: int, hidden: int, attends: bool):
        super().__init__()
        self.read_words = nn.Embedding(source_words, embedding, padding_idx=PAD)
        self.written_words = nn.Embedding(target_words, embedding, padding_idx=PAD)
        self.forwards = nn.GRU(embedding, hidden, batch_first=True)
        self.backwards = nn.GRU(embedding, hidden, batch_first=True)
        self.W_s = nn.Linear(hidden, hidden)  # the writer's first state, of the backward reader's last
        self.gru = nn.GRUCell(embedding + 2 * hidden, hidden)
        self.W_o = nn.Linear(embedding + 3 * hidden, target_words)
        self.attends = attends
        if attends:
            self.W_a, self.U_a = nn.Linear(hidden, hidden, bias=False), nn.Linear(2 * hidden, hidden)
            self.v_a = nn.Linear(hidden, 1, bias=False)

    def encode(self, sources: Tensor) -> tuple[Memory, Tensor]:
        """Returns what was read, and the writer's first state (B, H)."""
        there = sources != PAD
        lengths = there.sum(1, keepdim=True)  # (B, 1)
        places = torch.arange(sources.shape[1], device=sources.device)
        turned = (lengths - 1 - places).clamp(min=0)  # (B, S): the words from the last to the first
        x = self.read_words(sources)  # (B, S, E)
        ahead = self.forwards(x)[0]  # (B, S, H)
        back = _at(self.backwards(_at(x, turned))[0], turned)
        h = torch.cat([ahead, back], 2)  # (B, S, 2H)
        summary = torch.cat([_at(ahead, lengths - 1)[:, 0], back[:, 0]], 1)
        state = torch.tanh(self.W_s(back[:, 0]))
        return Memory(h, self.U_a(h) if self.attends else None, there, summary), state

    def attend(self, state: Tensor, memory: Memory) -> tuple[Tensor, Tensor | None]:
        """Returns the context c_i (B, 2H) and the weights alpha_i (B, S); without attention the same c each time."""
        if not self.attends:
            return memory.summary, None
        e = self.v_a(torch.tanh(self.W_a(state)[:, None] + memory.keys))[..., 0]  # (B, S): v tanh(W s + U h_j)
        alpha = e.masked_fill(~memory.there, -torch.inf).softmax(1)
        return (alpha[:, None] @ memory.h)[:, 0], alpha

    def step(self, y: Tensor, state: Tensor, memory: Memory) -> tuple[Tensor, Tensor, Tensor | None]:
        """The word written before, as y (B, E) -> what decides the next (B, E + 3H), the state after it, weights."""
        c, alpha = self.attend(state, memory)
        state = self.gru(torch.cat([y, c], 1), state)
        return torch.cat([y, c, state], 1), state, alpha

    def forward(self, sources: Tensor, targets: Tensor) -> Tensor:
        memory, state = self.encode(sources)
        before = torch.cat([torch.full_like(targets[:, :1], START), targets[:, :-1]], 1)
        decided = []
        for y in self.written_words(before).unbind(1):
            out, state, _ = self.step(y, state, memory)
            decided.append(out)
        return self.W_o(torch.stack(decided, 1))

    def decode(self, sources: Tensor, how: Decoding) -> Decoded:
        """sources (B, S) -> words (B, T), each the likeliest after those before it, and attention (B, T, S)."""
        memory, state = self.encode(sources)
        word = torch.full_like(sources[:, 0], START)
        words, weights = [], []
        for _ in range(how.length):
            out, state, alpha = self.step(self.written_words(word), state, memory)
            word = self.W_o(out).argmax(1)
            words.append(word)
            weights.append(alpha)
        return Decoded(torch.stack(words, 1), torch.stack(weights, 1) if self.attends else None)


def _at(rows: Tensor, places: Tensor) -> Tensor:
    """rows (B, S, D), places (B, P) -> the rows at these places (B, P, D)."""
    return rows.gather(1, places[..., None].expand(-1, -1, rows.shape[2]))
