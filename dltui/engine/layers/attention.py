"""Scaled dot-product attention with several heads (Vaswani et al. 2017, arXiv:1706.03762)."""

import math
from typing import NamedTuple

import torch
from torch import Tensor


class Attention(NamedTuple):
    """What attention computes on its way."""

    scores: Tensor  # (..., n, m): q k^T / sqrt(d); -inf where the mask bars
    weights: Tensor  # (..., n, m): each row sums to 1
    out: Tensor  # (..., n, d)


def attention(q: Tensor, k: Tensor, v: Tensor, *, causal: bool = False, root: bool = True) -> Attention:
    """Returns softmax(q k^T / sqrt(d)) v of queries (..., n, d), keys and values (..., m, d).

    causal: whether word i may not look at the words after it. root: False leaves the square root out.
    """
    d = q.shape[-1]
    scores = q @ k.transpose(-2, -1)
    if root:
        scores = scores / math.sqrt(d)
    if causal:
        future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        scores = scores.masked_fill(future, -torch.inf)
    exps = (scores - scores.amax(-1, keepdim=True)).exp()  # the greatest exponent is 0: nothing overflows
    weights = exps / exps.sum(-1, keepdim=True)
    return Attention(scores, weights, weights @ v)


class Matrices(NamedTuple):
    """The learned matrices of an attention layer, each (D, D): words x (n, D) become q = x W_q and so on."""

    W_q: Tensor
    W_k: Tensor
    W_v: Tensor
    W_o: Tensor


def split(rows: Tensor, heads: int) -> Tensor:
    """(n, D) -> (heads, n, D / heads): each head takes its own columns."""
    return rows.unflatten(-1, (heads, -1)).transpose(0, 1)


def multi_head(x: Tensor, matrices: Matrices, heads: int, *, causal: bool = False, root: bool = True) -> Attention:
    """Returns self-attention of words x (n, D): scores and weights (heads, n, n), out (n, D)."""
    q, k, v = (split(x @ W, heads) for W in matrices[:3])  # (heads, n, d)
    found = attention(q, k, v, causal=causal, root=root)
    joined = found.out.transpose(0, 1).flatten(1)  # (n, D)
    return found._replace(out=joined @ matrices.W_o)
