"""The transformer: an encoder and a decoder of blocks without recurrence (Vaswani et al. 2017, arXiv:1706.03762)."""

import torch
from torch import Tensor, nn

from dltui.engine.contracts.models import Decoded, Decoding
from dltui.engine.layers.positions import sines
from dltui.engine.layers.transformer import Block, causal
from dltui.engine.reading.sentences import PAD, START
from dltui.errors import DltuiError, ExitStatus

LONGEST = 64  # words of a sentence


def build(
    *,
    source_words: int = 20,
    target_words: int = 20,
    width: int = 64,
    blocks: int = 2,
    heads: int = 4,
    skips: bool = True,
    norms: bool = True,
    masked: bool = True,
) -> nn.Module:
    """As published, with norms first: base has width 512, 6 blocks and 8 heads.

    source_words: words of the language that is read, at least 5.
    target_words: words of the language that is written, at least 5.
    width: numbers of a word, at least 2; even, and a multiple of the heads.
    blocks: blocks of the encoder, and as many of the decoder, at least 1.
    heads: heads of attention, at least 1.
    skips: whether what enters a layer is added to what leaves it.
    norms: whether what enters a layer is normalised, word by word.
    masked: whether a word that is written may look only at those before it; false shows what goes wrong without.
    """
    if width % heads or width % 2:
        what = f"model.width: {heads} heads do not share {width} numbers, or {width} is odd."
        raise DltuiError(what, f"Take an even multiple of {heads}.", ExitStatus.USAGE)
    return Transformer(source_words, target_words, width, blocks, heads, skips, norms, masked)


class Transformer(nn.Module):
    """See contracts.models.Sequence: sources (B, L), targets (B, T) words -> logits (B, T, target_words)."""

    def __init__(
        self,
        source_words: int,
        target_words: int,
        width: int,
        blocks: int,
        heads: int,
        skips: bool,
        norms: bool,
        masked: bool,
    ):
        super().__init__()
        self.masked, self.scale = masked, width**0.5
        self.read_words = nn.Embedding(source_words, width, padding_idx=PAD)
        self.written_words = nn.Embedding(target_words, width, padding_idx=PAD)
        for words in (self.read_words, self.written_words):
            nn.init.normal_(words.weight, std=1 / self.scale)
        self.register_buffer("positions", sines(LONGEST, width), persistent=False)
        kinds = {"skips": skips, "norms": norms}
        self.encoder = nn.ModuleList(Block(width, heads, **kinds) for _ in range(blocks))
        self.decoder = nn.ModuleList(Block(width, heads, reads=True, **kinds) for _ in range(blocks))
        self.read_norm, self.written_norm = (nn.LayerNorm(width) if norms else nn.Identity() for _ in range(2))
        self.head = nn.Linear(width, target_words)

    def encode(self, sources: Tensor) -> tuple[Tensor, Tensor]:
        """Returns the words that are read, each by what it has looked at (B, L, width), and where there are words."""
        there = (sources != PAD)[:, None, None]  # (B, 1, 1, L)
        z = self.scale * self.read_words(sources) + self.positions[: sources.shape[1]]
        for block in self.encoder:
            z = block(z, there)
        return self.read_norm(z), there

    def written(self, words: Tensor, memory: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
        """The words before each, from START on, (B, T) -> logits (B, T, target_words), and what came into the last
        block of the decoder (B, T, width)."""
        T = words.shape[1]
        z, mask = self.scale * self.written_words(words) + self.positions[:T], self._mask(words)
        for block in self.decoder:
            before, z = z, block(z, mask, memory, there)
        return self.head(self.written_norm(z)), before

    def _mask(self, words: Tensor) -> Tensor | None:
        return causal(words.shape[1], words.device) if self.masked else None

    def forward(self, sources: Tensor, targets: Tensor) -> Tensor:
        before = torch.cat([torch.full_like(targets[:, :1], START), targets[:, :-1]], 1)
        return self.written(before, *self.encode(sources))[0]

    def decode(self, sources: Tensor, how: Decoding) -> Decoded:
        """Sources (B, L) -> words (B, T), each the likeliest after those before it, and attention (B, T, L)."""
        memory, there = self.encode(sources)
        words = torch.full_like(sources[:, :1], START)
        for _ in range(how.length):
            logits, before = self.written(words, memory, there)
            words = torch.cat([words, logits[:, -1:].argmax(2)], 1)
        last = self.decoder[-1]
        asked = last.norm_m(last.asking(before, self._mask(before)))
        return Decoded(words[:, 1:], last.reading.weights(asked, memory, there).mean(1))  # the mean of its heads
