"""Convolution over channels equals torch's, in its values and in what it has to learn."""

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d

from dltui.engine.algorithms.channels import convolve_channels, layer_weights, mix


def drawn(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("bias", [None, drawn(5, seed=2)])
def test_it_equals_torchs(bias):
    x, kernels = drawn(3, 6, 7), drawn(5, 3, 2, 3, seed=1)
    assert torch.allclose(convolve_channels(x, kernels, bias), conv2d(x[None], kernels, bias)[0], atol=1e-12)


def test_a_kernel_that_is_not_as_deep_as_the_input_is_refused():
    with pytest.raises(ValueError):
        convolve_channels(drawn(3, 4, 4), drawn(2, 2, 3, 3))


def test_mixing_is_the_1_by_1_convolution():
    x, weights = drawn(3, 4, 5), drawn(2, 3, seed=1)
    assert torch.allclose(mix(x, weights), conv2d(x[None], weights[:, :, None, None])[0], atol=1e-12)


@pytest.mark.parametrize(("kernels", "C", "K"), [(5, 3, 3), (3, 5, 3), (32, 3, 3), (8, 32, 1)])
def test_a_layer_learns_as_many_numbers_as_torchs(kernels, C, K):
    assert layer_weights(kernels, C, K) == sum(p.numel() for p in nn.Conv2d(C, kernels, K).parameters())
