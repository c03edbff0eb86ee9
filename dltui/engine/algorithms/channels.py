"""Convolution over channels: a kernel is a cube as deep as its input, and makes one map (LeCun et al. 1989)."""

import torch
from torch import Tensor

from dltui.engine.algorithms.convolution import convolve


def convolve_channels(x: Tensor, kernels: Tensor, bias: Tensor | None = None) -> Tensor:
    """x (C, H, W), kernels (O, C, K, L), bias (O) -> (O, H - K + 1, W - L + 1): for each kernel a sum over channels."""
    maps = [sum(convolve(plane, part) for plane, part in zip(x, cube, strict=True)) for cube in kernels]
    return torch.stack(maps) + (0 if bias is None else bias[:, None, None])


def mix(x: Tensor, weights: Tensor) -> Tensor:
    """x (C, H, W), weights (O, C) -> (O, H, W): the 1 x 1 convolution, a linear layer over each place's channels."""
    return torch.einsum("oc,chw->ohw", weights, x)


def layer_weights(kernels: int, C: int, K: int) -> int:
    """Returns how many numbers a layer of kernels K x K over C channels learns: C K^2 weights and a bias each."""
    return kernels * (C * K * K + 1)
