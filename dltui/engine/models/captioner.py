"""A net that looks at a grid of features before each word (Xu et al. 2015, "Show, attend and tell")."""

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from dltui.engine.contracts.models import Decoded, Decoding
from dltui.engine.reading.sentences import PAD, START


def build(
    *,
    channels: int = 3,
    size: int = 32,
    target_words: int = 20,
    width: int = 32,
    embedding: int = 32,
    hidden: int = 48,
    attention: Literal["soft", "even", "blind"] = "soft",
) -> nn.Module:
    """Convolutions down to a grid of features, and a GRU that writes a sentence of them.

    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 8.
    target_words: words of the vocabulary, at least 5.
    width: channels of the first convolution, at least 1; the grid's features are four times as many.
    embedding: numbers of a word, at least 1.
    hidden: units of the GRU, at least 1.
    attention: soft, the grid's cells are weighed anew for each word; even, all weigh the same; blind, no picture.
    """
    return Captioner(channels, size, target_words, width, embedding, hidden, attention)


class Memory(NamedTuple):
    """What was seen: annotations a (B, L, D) of the L cells of the grid, and `keys` U_a a (B, L, H)."""

    a: Tensor
    keys: Tensor


class Captioner(nn.Module):
    """See contracts.models.Sequence: pictures (B, C, S, S), sentences (B, T) -> logits (B, T, target_words)."""

    def __init__(
        self, channels: int, size: int, target_words: int, width: int, embedding: int, hidden: int, attention: str
    ):
        super().__init__()
        self.attention = attention
        layers: list[nn.Module] = []
        for ins, out, stride in ((channels, width, 2), (width, 2 * width, 2), (2 * width, 4 * width, 1)):
            layers += [nn.Conv2d(ins, out, 3, stride, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU()]
        self.features = nn.Sequential(*layers)
        self.side, D = -(-size // 4), 4 * width
        self.places = nn.Parameter(0.1 * torch.randn(self.side**2, D))  # a cell must know where in the picture it is
        self.words = nn.Embedding(target_words, embedding, padding_idx=PAD)
        self.W_s = nn.Linear(D, hidden)  # the GRU's first state, of the mean over the grid
        self.W_a, self.U_a = nn.Linear(hidden, hidden, bias=False), nn.Linear(D, hidden)
        self.v_a = nn.Linear(hidden, 1, bias=False)
        self.gru = nn.GRUCell(embedding + D, hidden)
        self.W_o = nn.Linear(embedding + D + hidden, target_words)

    def encode(self, pictures: Tensor) -> tuple[Memory, Tensor]:
        """Returns what was seen, and the GRU's first state (B, H)."""
        a = self.features(pictures).flatten(2).transpose(1, 2) + self.places  # (B, L, D)
        if self.attention == "blind":
            a = torch.zeros_like(a)
        return Memory(a, self.U_a(a)), torch.tanh(self.W_s(a.mean(1)))

    def attend(self, state: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Returns the context z (B, D), the mean of a under alpha, and the weights alpha (B, L)."""
        e = self.v_a(torch.tanh(self.W_a(state)[:, None] + memory.keys))[..., 0]  # (B, L): v tanh(W h + U a_i)
        alpha = (e if self.attention == "soft" else torch.zeros_like(e)).softmax(1)
        return (alpha[:, None] @ memory.a)[:, 0], alpha

    def step(self, y: Tensor, state: Tensor, memory: Memory) -> tuple[Tensor, Tensor, Tensor]:
        """The word written before, as y (B, E) -> what decides the next (B, E + D + H), the state after it, weights."""
        z, alpha = self.attend(state, memory)
        state = self.gru(torch.cat([y, z], 1), state)
        return torch.cat([y, z, state], 1), state, alpha

    def forward(self, pictures: Tensor, sentences: Tensor) -> Tensor:
        memory, state = self.encode(pictures)
        before = torch.cat([torch.full_like(sentences[:, :1], START), sentences[:, :-1]], 1)
        decided = []
        for y in self.words(before).unbind(1):
            out, state, _ = self.step(y, state, memory)
            decided.append(out)
        return self.W_o(torch.stack(decided, 1))

    def decode(self, pictures: Tensor, how: Decoding) -> Decoded:
        """Pictures -> words (B, T), each the likeliest after those before it, and attention (B, T, side, side)."""
        memory, state = self.encode(pictures)
        word = torch.full((len(pictures),), START, device=pictures.device)
        words, weights = [], []
        for _ in range(how.length):
            out, state, alpha = self.step(self.words(word), state, memory)
            word = self.W_o(out).argmax(1)
            words.append(word)
            weights.append(alpha)
        return Decoded(torch.stack(words, 1), torch.stack(weights, 1).unflatten(2, (self.side, self.side)))
