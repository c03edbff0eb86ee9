"""Fully connected layers with ReLU between them."""

from itertools import pairwise

from torch import nn


def dense(widths: list[int]) -> nn.Sequential:
    """Returns (B, widths[0]) -> (B, widths[-1]); there is no ReLU after the last layer."""
    blocks: list[nn.Module] = []
    for width_in, width_out in pairwise(widths):
        blocks += [nn.Linear(width_in, width_out), nn.ReLU()]
    return nn.Sequential(*blocks[:-1])
