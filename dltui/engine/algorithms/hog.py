"""Histograms of oriented gradients (Dalal and Triggs 2005): which way edges run, counted in cells of a picture."""

import math

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

EPSILON = 0.1  # keeps blocks without an edge from being blown up


def gradients(x: Tensor) -> tuple[Tensor, Tensor]:
    """x (N, H, W) -> how it changes to the right and downwards, by (-1, 0, 1): each (N, H, W). The border goes on."""
    wide = pad(x[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    return wide[:, 1:-1, 2:] - wide[:, 1:-1, :-2], wide[:, 2:, 1:-1] - wide[:, :-2, 1:-1]


def votes(x: Tensor, bins: int) -> Tensor:
    """x (N, H, W) -> the length of each pixel's gradient, shared by the two bins nearest its angle: (N, bins, H, W).

    Angles of 0 to 180 degrees: dark on light is as light on dark. Bin b has its middle at (b + 1/2) 180 / bins.
    """
    gx, gy = gradients(x)
    angle = torch.atan2(gy, gx) % math.pi * (bins / math.pi) - 0.5  # in bins, from the middle of the first
    lower = angle.floor()
    share = torch.hypot(gx, gy) * torch.stack([1 - (angle - lower), angle - lower])  # (2, N, H, W)
    found = x.new_zeros(len(x), bins, *x.shape[1:])
    for part, number in zip(share, (lower, lower + 1), strict=True):
        found.scatter_add_(1, (number.long() % bins)[:, None], part[:, None])
    return found


def histograms(x: Tensor, cell: int, bins: int) -> Tensor:
    """x (N, H, W) -> the votes in each cell of so many pixels a side, (N, bins, H // cell, W // cell)."""
    return avg_pool2d(votes(x, bins), cell) * cell**2


def hog(x: Tensor, cell: int, bins: int) -> Tensor:
    """x (N, H, W) -> rows (N, blocks * 4 bins): each block of 2 by 2 cells brought to length 1, so that a pale stroke
    counts as much as a bold one. Blocks overlap."""
    n = histograms(x, cell, bins)
    corners = [n[:, :, y : n.shape[2] - 1 + y, z : n.shape[3] - 1 + z] for y in (0, 1) for z in (0, 1)]
    v = torch.cat(corners, 1)  # (N, 4 bins, h - 1, w - 1)
    return (v / (v.square().sum(1, keepdim=True) + EPSILON**2).sqrt()).flatten(1)
