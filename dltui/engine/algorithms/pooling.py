"""Pooling: a square of cells becomes one number, and the way back of its gradient (LeCun et al. 1998; Scherer, Müller,
Behnke 2010, "Evaluation of pooling operations in convolutional architectures for object recognition")."""

import torch
from torch import Tensor
from torch.nn.functional import one_hot


def squares(x: Tensor, s: int) -> Tensor:
    """x (..., H, W) -> its squares of s by s cells, (..., H // s, W // s, s s); cells beyond the last one are cut."""
    H, W = x.shape[-2] // s, x.shape[-1] // s
    cut = x[..., : H * s, : W * s]
    return cut.unflatten(-1, (W, s)).unflatten(-3, (H, s)).transpose(-3, -2).flatten(-2)


def joined(squares: Tensor, s: int) -> Tensor:
    """The way back: (..., H, W, s s) -> (..., s H, s W)."""
    return squares.unflatten(-1, (s, s)).transpose(-3, -2).flatten(-2).flatten(-3, -2)


def max_pool(x: Tensor, s: int) -> Tensor:
    """x (..., H, W) -> the greatest number of each square, (..., H // s, W // s)."""
    return squares(x, s).amax(-1)


def average_pool(x: Tensor, s: int) -> Tensor:
    """x (..., H, W) -> the mean of each square, (..., H // s, W // s)."""
    return squares(x, s).mean(-1)


def max_gradient(g: Tensor, x: Tensor, s: int) -> Tensor:
    """g (..., H, W), the slope of a loss by every greatest number of x -> by x (..., s H, s W): all to the winner.

    Of equal ones the first wins.
    """
    winner = one_hot(squares(x, s).argmax(-1), s * s).to(g)  # (..., H, W, s s)
    return joined(g[..., None] * winner, s)


def average_gradient(g: Tensor, x: Tensor, s: int) -> Tensor:
    """g (..., H, W), the slope of a loss by every mean of x -> by x (..., s H, s W): an equal share to each cell."""
    return joined(g[..., None].expand(*g.shape, s * s) / (s * s), s)


def change(before: Tensor, after: Tensor) -> Tensor:
    """Two maps (..., H, W) -> sum |after - before| / sum |before|, (...)."""
    return (after - before).abs().sum((-2, -1)) / before.abs().sum((-2, -1)).clamp(min=torch.finfo(before.dtype).tiny)
