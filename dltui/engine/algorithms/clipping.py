"""Clipping: a gradient g that is too large is made smaller before the step (Pascanu et al. 2013, arXiv:1211.5063)."""

import torch
from torch import Tensor


def unclipped(g: Tensor, c: float) -> Tensor:
    """g as it is."""
    return g


def clip_global(g: Tensor, c: float) -> Tensor:
    """g (D,) -> c g / ||g|| where ||g|| > c: shorter, in the same direction."""
    norm = g.norm()
    return c * g / norm if norm > c else g


def clip_local(g: Tensor, c: float) -> Tensor:
    """g (D,) -> c sign(g_i) where |g_i| > c: each number by itself, so that the direction changes."""
    return torch.where(g.abs() > c, c * g.sign(), g)


CLIPPINGS = {"none": unclipped, "global": clip_global, "local": clip_local}
