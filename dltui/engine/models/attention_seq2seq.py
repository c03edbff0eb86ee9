"""A GRU that writes a sentence and before each word looks at what was read, words (Bahdanau et al. 2014,
arXiv:1409.0473) or the cells of a picture (Xu et al. 2015, arXiv:1502.03044)."""

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from dltui.engine.contracts.models import Decoded, Decoding
from dltui.engine.layers.convolved import convolved
from dltui.engine.reading.sentences import PAD, START


def build(
    *,
    channels: int = 3,
    size: int = 32,
    source_words: int = 0,
    target_words: int = 20,
    width: int = 32,
    embedding: int = 32,
    hidden: int = 48,
    attention: Literal["additive", "even", "none", "blind"] = "additive",
) -> nn.Module:
    """An encoder, a bidirectional GRU over words or convolutions over pictures, and a GRU as decoder.

    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 8.
    source_words: words of the language that is read, at least 0; 0 where pictures are read.
    target_words: words of the language that is written, at least 5.
    width: channels of the first convolution, at least 1; a cell of the grid has four times as many features.
    embedding: numbers of a word, at least 1.
    hidden: units of each GRU, at least 1.
    attention: additive, words or cells are weighed anew for each word written; even, all weigh the same; none, the
        encoder's summary each time: the last states of its GRU, or the grid's mean; blind, nothing is read at all.
    """
    encoder = WordEncoder(source_words, embedding, hidden) if source_words else GridEncoder(channels, size, width)
    return AttentionSeq2Seq(encoder, target_words, embedding, hidden, attention)


class Annotations(NamedTuple):
    """What an encoder makes of a source of L places: words, or cells of a grid."""

    h: Tensor  # (B, L, D)
    there: Tensor  # (B, L) bool, False where a sentence is padded
    summary: Tensor  # (B, D): the context of a decoder without attention
    start: Tensor  # (B, S): what the decoder's first state is made of
    keys: Tensor | None = None  # U_a h (B, L, H), of the decoder, where it has attention


class WordEncoder(nn.Module):
    """Sentences (B, L) -> Annotations, D = 2H and S = H: each word by the states of both readers there."""

    shape = (-1,)  # of the places

    def __init__(self, words: int, embedding: int, hidden: int):
        super().__init__()
        self.D, self.S = 2 * hidden, hidden
        self.words = nn.Embedding(words, embedding, padding_idx=PAD)
        self.forwards = nn.GRU(embedding, hidden, batch_first=True)
        self.backwards = nn.GRU(embedding, hidden, batch_first=True)

    def forward(self, sentences: Tensor) -> Annotations:
        there = sentences != PAD
        lengths = there.sum(1, keepdim=True)  # (B, 1)
        places = torch.arange(sentences.shape[1], device=sentences.device)
        turned = (lengths - 1 - places).clamp(min=0)  # (B, L): the words from the last to the first
        x = self.words(sentences)  # (B, L, E)
        ahead = self.forwards(x)[0]  # (B, L, H)
        back = _at(self.backwards(_at(x, turned))[0], turned)
        summary = torch.cat([_at(ahead, lengths - 1)[:, 0], back[:, 0]], 1)
        return Annotations(torch.cat([ahead, back], 2), there, summary, back[:, 0])


class GridEncoder(nn.Module):
    """Pictures (B, C, size, size) -> Annotations of a grid of cells, four pixels a side; D = S = 4 `width`."""

    def __init__(self, channels: int, size: int, width: int):
        super().__init__()
        widths = width, 2 * width, 4 * width
        self.features = nn.Sequential(
            *convolved(channels, widths[0], 2), *convolved(widths[0], widths[1], 2), *convolved(widths[1], widths[2])
        )
        self.D = self.S = 4 * width
        side = -(-size // 4)
        self.shape = (side, side)
        self.places = nn.Parameter(0.1 * torch.randn(side * side, self.D))  # a cell must know where it lies

    def forward(self, pictures: Tensor) -> Annotations:
        h = self.features(pictures).flatten(2).transpose(1, 2) + self.places  # (B, L, D)
        mean = h.mean(1)
        return Annotations(h, h.new_ones(h.shape[:2], dtype=torch.bool), mean, mean)


class AttentionSeq2Seq(nn.Module):
    """See contracts.models.Sequence: sources (B, ...), targets (B, T) words -> logits (B, T, target_words)."""

    def __init__(
        self, encoder: WordEncoder | GridEncoder, target_words: int, embedding: int, hidden: int, attention: str
    ):
        super().__init__()
        self.encoder, self.attention = encoder, attention
        self.words = nn.Embedding(target_words, embedding, padding_idx=PAD)
        self.W_s = nn.Linear(encoder.S, hidden)
        if attention != "none":
            self.W_a, self.U_a = nn.Linear(hidden, hidden, bias=False), nn.Linear(encoder.D, hidden)
            self.v_a = nn.Linear(hidden, 1, bias=False)
        self.gru = nn.GRUCell(embedding + encoder.D, hidden)
        self.W_o = nn.Linear(embedding + encoder.D + hidden, target_words)

    def encode(self, sources: Tensor) -> tuple[Annotations, Tensor]:
        """Returns what was read, and the decoder's first state (B, H)."""
        read = self.encoder(sources)
        if self.attention == "blind":
            read = read._replace(h=torch.zeros_like(read.h), start=torch.zeros_like(read.start))
        if self.attention != "none":
            read = read._replace(keys=self.U_a(read.h))
        return read, torch.tanh(self.W_s(read.start))

    def attend(self, state: Tensor, read: Annotations) -> tuple[Tensor, Tensor | None]:
        """Returns the context c (B, D), the mean of h under alpha, and alpha (B, L); or the summary."""
        if read.keys is None:
            return read.summary, None
        e = self.v_a(torch.tanh(self.W_a(state)[:, None] + read.keys))[..., 0]  # (B, L): v tanh(W s + U h_j)
        e = torch.zeros_like(e) if self.attention == "even" else e
        alpha = e.masked_fill(~read.there, -torch.inf).softmax(1)
        return (alpha[:, None] @ read.h)[:, 0], alpha

    def step(self, y: Tensor, state: Tensor, read: Annotations) -> tuple[Tensor, Tensor, Tensor | None]:
        """The word written before, as y (B, E) -> what decides the next (B, E + D + H), the state after it, alpha."""
        c, alpha = self.attend(state, read)
        state = self.gru(torch.cat([y, c], 1), state)
        return torch.cat([y, c, state], 1), state, alpha

    def forward(self, sources: Tensor, targets: Tensor) -> Tensor:
        read, state = self.encode(sources)
        before = torch.cat([torch.full_like(targets[:, :1], START), targets[:, :-1]], 1)
        decided = []
        for y in self.words(before).unbind(1):
            out, state, _ = self.step(y, state, read)
            decided.append(out)
        return self.W_o(torch.stack(decided, 1))

    def decode(self, sources: Tensor, how: Decoding) -> Decoded:
        """Sources -> words (B, T), each the likeliest after those before it, and attention (B, T, L), of pictures
        (B, T, side, side)."""
        read, state = self.encode(sources)
        word = torch.full((len(sources),), START, device=sources.device)
        words, weights = [], []
        for _ in range(how.length):
            out, state, alpha = self.step(self.words(word), state, read)
            word = self.W_o(out).argmax(1)
            words.append(word)
            weights.append(alpha)
        maps = None if read.keys is None else torch.stack(weights, 1).unflatten(2, self.encoder.shape)
        return Decoded(torch.stack(words, 1), maps)


def _at(rows: Tensor, places: Tensor) -> Tensor:
    """rows (B, S, D), places (B, P) -> the rows at these places (B, P, D)."""
    return rows.gather(1, places[..., None].expand(-1, -1, rows.shape[2]))
