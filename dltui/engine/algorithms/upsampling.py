"""Ways to enlarge a grid of numbers, each by its definition."""

import torch
from torch import Tensor

from dltui.engine.algorithms.convolution import convolve, spread


def nearest(x: Tensor, s: int = 2) -> Tensor:
    """x (H, W) -> (s H, s W): every value is repeated."""
    return x.repeat_interleave(s, 0).repeat_interleave(s, 1)


def bed_of_nails(x: Tensor, s: int = 2) -> Tensor:
    """x (H, W) -> (s H, s W): every value in the upper left corner of its block, zeros beside it."""
    out = x.new_zeros(s * x.shape[0], s * x.shape[1])
    out[::s, ::s] = x
    return out


def between(n: int, s: int = 2) -> Tensor:
    """Returns the shares (s n, n) of n values in s n new ones, by their distance; corners are not aligned.

    The middle of new cell k lies at (k + 1/2) / s - 1/2 among the old ones; beyond the first and last nothing changes.
    """
    at = ((torch.arange(s * n, dtype=torch.float64) + 0.5) / s - 0.5).clamp(0, n - 1)
    return (1 - (at[:, None] - torch.arange(n)).abs()).clamp(min=0)


def bilinear(x: Tensor, s: int = 2) -> Tensor:
    """x (H, W) -> (s H, s W): a mean of the four values around, the nearer the more."""
    return between(x.shape[0], s).to(x) @ x @ between(x.shape[1], s).to(x).T


def max_pool(x: Tensor, s: int = 2) -> tuple[Tensor, Tensor]:
    """x (s H, s W) -> the greatest value of each block (H, W), and its place in the flat x (H, W) int64."""
    H, W = x.shape[0] // s, x.shape[1] // s
    flat = torch.arange(x.numel()).view_as(x)
    blocks, places = (v.view(H, s, W, s).transpose(1, 2).reshape(H, W, s * s) for v in (x, flat))
    values, inside = blocks.max(2)
    return values, places.gather(2, inside[..., None])[..., 0]


def max_unpool(x: Tensor, places: Tensor, shape: tuple[int, int]) -> Tensor:
    """x (H, W) -> `shape`: every value back at the place where the greatest one was, zeros elsewhere."""
    out = x.new_zeros(shape)
    out.view(-1)[places.flatten()] = x.flatten()
    return out


def transposed(x: Tensor, kernel: Tensor, s: int = 2, border: int = 1) -> Tensor:
    """x (H, W), kernel (k, k) -> (s (H - 1) + 2 + 2 border - k, ...): the kernel slides over x, spread with zeros.

    Whether the kernel is turned around is a convention: torch's conv_transpose2d turns it, the notes do not.
    """
    return convolve(spread(x, s, border), kernel)
