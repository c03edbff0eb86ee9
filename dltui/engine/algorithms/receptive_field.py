"""The receptive field: the square of the picture that a unit of a convolution sees (Dumoulin and Visin 2016)."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import pad


class Field(NamedTuple):
    """The unit at (0, 0) sees pixels from `start` on along each side, its neighbour those `stride` further on."""

    size: int
    stride: int
    start: int


def field_of(layers: nn.Sequential) -> Field:
    """Returns the field of the units of the last of `layers`: convolutions, pooling, and what works on each value."""
    size, stride, start = 1, 1, 0
    for layer in layers:
        if isinstance(layer, nn.Conv2d | nn.MaxPool2d):
            k, s, p = (_along_a_side(value) for value in (layer.kernel_size, layer.stride, layer.padding))
            size += (k - 1) * stride
            start -= p * stride
            stride *= s
    return Field(size, stride, start)


def _along_a_side(value: int | tuple[int, int]) -> int:
    return value if isinstance(value, int) else value[0]


def cut_out(pictures: Tensor, field: Field, places: Tensor) -> Tensor:
    """Returns (N, C, size, size): what the unit at places[n] = (row, column) sees of picture n; black beyond it."""
    size = field.size
    padded = pad(pictures, (size, size, size, size))
    corners = (places * field.stride + field.start + size).tolist()
    patches = [picture[:, y : y + size, x : x + size] for picture, (y, x) in zip(padded, corners, strict=True)]
    return torch.stack(patches)
