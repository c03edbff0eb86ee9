"""The block of a transformer with its norms first (Vaswani et al. 2017, arXiv:1706.03762; norms first: Xiong et al.
2020, arXiv:2002.04745).

d: numbers of a head. A mask is True where a place may be looked at; it is broadcast to (B, heads, N, M).
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

WIDENED = 4  # the hidden layer of a block's perceptron is this much wider than a token


def causal(places: int, device: torch.device) -> Tensor:
    """Returns (places, places) bool: each place may look at itself and at those before it."""
    return torch.ones(places, places, dtype=torch.bool, device=device).tril()


class Attention(nn.Module):
    """Queries of z ask keys of `memory`, head by head, and get their values. (B, N, width) -> (B, N, width)."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def asked(self, z: Tensor, memory: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """z (B, N, width), memory (B, M, width) or z itself -> q (B, heads, N, d), k and v (B, heads, M, d)."""
        if memory is None:
            parts = self.qkv(z).chunk(3, 2)
        else:
            W, b = self.qkv.weight, self.qkv.bias
            width = z.shape[2]
            kv = nn.functional.linear(memory, W[width:], b[width:])
            parts = nn.functional.linear(z, W[:width], b[:width]), *kv.chunk(2, 2)
        return tuple(part.unflatten(2, (self.heads, -1)).transpose(1, 2) for part in parts)

    def weights(self, z: Tensor, memory: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """Returns softmax(q k^T / sqrt(d)) (B, heads, N, M)."""
        q, k, _ = self.asked(z, memory)
        scores = q @ k.transpose(2, 3) / q.shape[3] ** 0.5
        return (scores if mask is None else scores.masked_fill(~mask, -torch.inf)).softmax(3)

    def forward(self, z: Tensor, memory: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        q, k, v = self.asked(z, memory)
        found = scaled_dot_product_attention(q, k, v, attn_mask=mask)  # (B, heads, N, d)
        return self.out(found.transpose(1, 2).flatten(2))


class Block(nn.Module):
    """z + attention(norm(z)), where `reads` also + attention to a memory, then + perceptron(norm(z)).

    skips, norms: whether what comes in is added to what comes out, and whether it is normalised before.
    """

    def __init__(self, width: int, heads: int, *, reads: bool = False, skips: bool = True, norms: bool = True):
        super().__init__()
        self.skips = skips
        norm = nn.LayerNorm if norms else nn.Identity
        self.norm_1, self.attention = norm(width), Attention(width, heads)
        self.norm_m, self.reading = (norm(width), Attention(width, heads)) if reads else (None, None)
        self.norm_2 = norm(width)
        self.mlp = nn.Sequential(nn.Linear(width, WIDENED * width), nn.GELU(), nn.Linear(WIDENED * width, width))

    def forward(
        self, z: Tensor, mask: Tensor | None = None, memory: Tensor | None = None, memory_mask: Tensor | None = None
    ) -> Tensor:
        """z (B, N, width), memory (B, M, width) -> (B, N, width)."""
        z = self.asking(z, mask)
        if self.reading is not None:
            z = self._beside(z, self.reading(self.norm_m(z), memory, memory_mask))
        return self._beside(z, self.mlp(self.norm_2(z)))

    def asking(self, z: Tensor, mask: Tensor | None = None) -> Tensor:
        """z (B, N, width) -> after the block's own attention, before what it reads."""
        return self._beside(z, self.attention(self.norm_1(z), mask=mask))

    def _beside(self, z: Tensor, made: Tensor) -> Tensor:
        return z + made if self.skips else made
