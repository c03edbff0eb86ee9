"""Positions of a sequence as sines and cosines (Vaswani et al. 2017, arXiv:1706.03762, section 3.5)."""

import torch
from torch import Tensor

BASE = 10_000.0  # the slowest pair turns once in nearly 2 pi BASE positions


def frequencies(d: int, base: float = BASE, dtype: torch.dtype = torch.float32) -> Tensor:
    """Returns (d / 2,): w_k = base^(-2 k / d), by how much pair k turns from a position to the next."""
    return base ** (-torch.arange(0, d, 2, dtype=dtype) / d)


def sines(length: int, d: int, base: float = BASE, dtype: torch.dtype = torch.float32) -> Tensor:
    """Returns (length, d): sin(p w_k) in column 2 k, cos(p w_k) in column 2 k + 1. d: even."""
    angles = torch.arange(length, dtype=dtype)[:, None] * frequencies(d, base, dtype)  # (length, d / 2)
    return torch.stack([angles.sin(), angles.cos()], 2).flatten(1)
