"""A transformer that reads forwards only and predicts the next symbol (Radford et al. 2018, "Improving language
understanding by generative pre-training"; norms first: GPT-2, Radford et al. 2019)."""

import torch
from torch import Tensor, nn

from dltui.engine.layers.positions import sines
from dltui.engine.layers.transformer import Block, causal
from dltui.errors import DltuiError, ExitStatus

SPREAD = 0.5  # standard deviation of embeddings, and half a sine's height: neither drowns the other


def build(
    *, symbols: int = 100, length: int = 64, width: int = 48, blocks: int = 3, heads: int = 4, window: int = 0
) -> nn.Module:
    """GPT, small: as published, width 768, 12 blocks and 12 heads on 512 symbols, 117 million weights.

    symbols: symbols there are, at least 2.
    length: symbols that are read at most, at least 1.
    width: numbers of a symbol, at least 2; even, and a multiple of the heads.
    blocks: blocks, each of attention and a perceptron, at least 1.
    heads: heads of attention, at least 1.
    window: symbols that a block looks at, each one itself and those right before it, at least 0; 0 takes all.
    """
    if width % heads or width % 2:
        what = f"model.width: {heads} heads do not share {width} numbers, or {width} is odd."
        raise DltuiError(what, f"Take an even multiple of {heads}.", ExitStatus.USAGE)
    return GPT(symbols, length, width, blocks, heads, window)


class GPT(nn.Module):
    """(B, T) symbols -> logits (B, T, symbols) of the one after each. T is at most `length`."""

    def __init__(self, symbols: int, length: int, width: int, blocks: int, heads: int, window: int):
        super().__init__()
        self.length, self.window = length, window or length
        self.embed = nn.Embedding(symbols, width)
        nn.init.normal_(self.embed.weight, std=SPREAD)
        self.positions = nn.Parameter(SPREAD * sines(length, width))  # learned, as published; from sines sooner
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(blocks))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, symbols)

    def forward(self, symbols: Tensor) -> Tensor:
        T = symbols.shape[1]
        z = self.embed(symbols) + self.positions[:T]  # (B, T, width)
        mask = self.mask(T, symbols.device)
        for block in self.blocks:
            z = block(z, mask)
        return self.head(self.norm(z))

    def mask(self, T: int, device: torch.device) -> Tensor:
        """Returns (T, T) bool: each symbol looks at itself and at the `window` - 1 before it."""
        return causal(T, device).triu(1 - self.window)

    def read(self, symbols: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Returns logits (B, T, symbols), and the last `length` symbols, from which a later call goes on. They are all
        read again each time; algorithms/kv_cache.py shows how to spare that."""
        T = symbols.shape[1]
        seen = (symbols if state is None else torch.cat([state, symbols], 1))[:, -self.length :]
        return self(seen)[:, -T:], seen
