"""Convolutions that each end at half the height and width."""

from itertools import pairwise

from torch import nn


def halving(channels: list[int]) -> list[nn.Module]:
    """Returns layers (B, channels[0], H, W) -> (B, channels[-1], H / 2^n, W / 2^n), n one less than the channels.

    Each is a 3x3 convolution, batch normalisation, ReLU and max pooling.
    """
    layers: list[nn.Module] = []
    for before, after in pairwise(channels):
        conv = nn.Conv2d(before, after, 3, padding=1, bias=False)
        layers += [conv, nn.BatchNorm2d(after), nn.ReLU(), nn.MaxPool2d(2)]
    return layers
