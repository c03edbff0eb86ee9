"""Penalties: their values and pulls, on the weights and on nothing else."""

import pytest
import torch
from torch import nn

from dltui.engine.regularizers.elastic_net import elastic, near_zero, weights_of


def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(8, 3))


def test_the_value_is_that_of_the_norms():
    """Guards a root over the squares, a sum without absolute values, and biases that are counted."""
    made = net()
    l1 = sum(torch.linalg.vector_norm(w, 1) for w in (made[0].weight, made[3].weight))
    l2 = sum(torch.linalg.vector_norm(w, 2) ** 2 for w in (made[0].weight, made[3].weight))
    assert elastic(made, 0.3, 0.0).item() == pytest.approx(0.3 * l1.item())
    assert elastic(made, 0.0, 0.7).item() == pytest.approx(0.7 * l2.item())
    assert elastic(made, 0.3, 0.7).item() == pytest.approx((0.3 * l1 + 0.7 * l2).item())


def test_l2_is_torchs_weight_decay():
    """torch adds weight_decay * w to the gradient, which is that of half the square: ours is twice as much."""
    ours, theirs = net(), net()
    elastic(ours, 0.0, 0.25).backward()
    for weight in weights_of(theirs):
        weight.grad = torch.zeros_like(weight)
    torch.optim.SGD(ours.parameters(), 0.1).step()
    torch.optim.SGD(theirs.parameters(), 0.1, weight_decay=0.5).step()
    assert all(torch.allclose(a, b, atol=1e-7) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))


def test_l1_pulls_all_alike_and_biases_not_at_all():
    """Guards against squares in the place of absolute values, and against a pull away from nought."""
    made = net()
    elastic(made, 0.3, 0.0).backward()
    for weight in weights_of(made):
        assert torch.allclose(weight.grad, 0.3 * weight.sign())
    assert made[0].bias.grad is None and made[1].weight.grad is None


def test_near_zero_counts_weights_of_either_sign():
    made = nn.Linear(4, 2)
    made.weight.data = torch.tensor([[0.0, 9e-4, -9e-4, 1.1e-3], [-1.1e-3, 1, -1, 2]])
    made.bias.data.zero_()
    assert near_zero(made) == 3 / 8
