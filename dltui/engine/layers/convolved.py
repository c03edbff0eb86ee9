"""The block that small convolutional nets are made of: a 3x3 convolution, batch normalisation, ReLU."""

from torch import nn


def convolved(
    inputs: int, outputs: int, stride: int | tuple[int, int] = 1, *, padding_mode: str = "zeros"
) -> tuple[nn.Module, ...]:
    """Returns layers (B, inputs, H, W) -> (B, outputs, H / stride, W / stride), rounded up; not below 0."""
    convolution = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False, padding_mode=padding_mode)
    return convolution, nn.BatchNorm2d(outputs), nn.ReLU()
