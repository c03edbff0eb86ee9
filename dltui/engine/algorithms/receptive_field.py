"""The receptive field: the square of the picture that a unit of a convolution sees (Dumoulin and Visin 2016).

What it makes of that square, its gradient tells (Luo, Li, Urtasun, Zemel 2016, "Understanding the effective receptive
field in deep convolutional neural networks").
"""

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
            sizes = (layer.kernel_size, layer.stride, layer.padding, layer.dilation)
            k, s, p, d = (_along_a_side(value) for value in sizes)
            size += d * (k - 1) * stride
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


def slope_of(layers: nn.Sequential, pictures: Tensor, row: int, column: int) -> Tensor:
    """Returns by how much each pixel of pictures (N, C, H, W) moves the unit at (row, column) of the last layer.

    (H, W): the absolute slopes, summed over pictures, channels and the layer's units there.
    """
    with torch.enable_grad():
        x = pictures.detach().requires_grad_()
        unit = layers(x)[:, :, row, column].sum()
        (slope,) = torch.autograd.grad(unit, x)
    return slope.abs().sum((0, 1))


def extent(slope: Tensor) -> tuple[int, int, int, int]:
    """Returns the first row, first column, last row and last column of slope (H, W) that are not all 0.

    All are -1 where there is none.
    """
    rows, columns = (slope.ne(0).any(dim).nonzero()[:, 0].tolist() for dim in (1, 0))
    return (rows[0], columns[0], rows[-1], columns[-1]) if rows else (-1, -1, -1, -1)
