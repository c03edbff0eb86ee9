"""Batch normalisation equals torch's: outputs, gradients and running statistics, in training and in evaluation."""

import pytest
import torch
from torch import nn

from dltui.engine.layers.batch_normalization import BatchNormalization


@pytest.fixture
def pair():
    """Ours and torch's, with the same gamma and beta."""
    torch.manual_seed(0)
    ours, torchs = BatchNormalization(5, a=0.3), nn.BatchNorm1d(5, momentum=0.3)
    with torch.no_grad():
        torchs.weight.copy_(ours.gamma.copy_(torch.rand(5) + 0.5))
        torchs.bias.copy_(ours.beta.copy_(torch.randn(5)))
    return ours, torchs


def test_training_evaluation_and_gradients_are_torchs(pair):
    ours, torchs = pair
    for _ in range(3):
        x = 2 * torch.randn(7, 5) + 3
        a, b = x.clone().requires_grad_(), x.clone().requires_grad_()
        assert torch.allclose(ours(a), torchs(b), atol=1e-5)
        weights = torch.randn(7, 5)
        (ours(a) * weights).sum().backward()
        (torchs(b) * weights).sum().backward()
        assert torch.allclose(a.grad, b.grad, atol=1e-5)
    assert torch.allclose(ours.mean, torchs.running_mean, atol=1e-5)
    assert torch.allclose(ours.variance, torchs.running_var, atol=1e-4)
    x = torch.randn(4, 5)
    assert torch.allclose(ours.eval()(x), torchs.eval()(x), atol=1e-5)


def test_many_batches_at_once_are_each_its_own_and_leave_no_trace(pair):
    ours, _ = pair
    ours.eval().own = True
    kept = ours.mean.clone()
    batches = torch.randn(6, 3, 5)  # three of six rows
    vmapped = ours(batches)
    assert torch.allclose(vmapped[:, 1], ours(batches[:, 1]), atol=1e-6)
    assert torch.allclose(vmapped.mean(0), ours.beta.expand(3, 5), atol=1e-5)
    assert torch.equal(ours.mean, kept)
