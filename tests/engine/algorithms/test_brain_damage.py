"""Saliencies say what a cut costs: exactly so on a quadratic loss, and with torch's own second derivatives."""

import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from dltui.engine.algorithms.brain_damage import curvature_factor, damage, operate, surgeon


def quadratic(size=6, seed=0):
    """A minimum a and its H."""
    generator = torch.Generator().manual_seed(seed)
    A = torch.randn(20, size, dtype=torch.float64, generator=generator)
    return torch.randn(size, dtype=torch.float64, generator=generator), A.T @ A / 20


def growth(H, change):
    return (change @ H @ change / 2).item()


def test_damage_is_what_is_lost_if_nothing_else_moves():
    a, H = quadratic()
    for i, cost in enumerate(damage(a, H.diagonal()).tolist()):
        change = torch.zeros_like(a)
        change[i] = -a[i]
        assert cost == pytest.approx(growth(H, change))


def test_surgeon_is_the_least_that_can_be_lost():
    """Guards the formula against a solver: the loss's minimum over all others, weight i held at 0."""
    a, H = quadratic()
    costs = surgeon(a, H.inverse())
    for i in range(len(a)):
        others = torch.arange(len(a)) != i
        change = -a.clone()
        change[others] = torch.linalg.solve(H[others][:, others], H[others, i] * a[i])
        assert costs[i].item() == pytest.approx(growth(H, change))
    assert (costs <= damage(a, H.diagonal()) + 1e-12).all()


@pytest.mark.parametrize("count", [1, 3, 6])
def test_operating_leaves_the_others_where_the_loss_is_least(count):
    a, H = quadratic(seed=3)
    inverse = H.inverse()
    kept = operate(a, inverse, count)
    cut = kept == 0
    assert cut.sum() == count and torch.equal(inverse, H.inverse())
    left = ~cut
    want = a[left] + torch.linalg.solve(H[left][:, left], H[left][:, cut] @ a[cut])
    assert torch.allclose(kept[left], want)


def test_the_first_to_go_is_the_cheapest():
    a, H = quadratic(seed=4)
    assert operate(a, H.inverse(), 1).eq(0).nonzero().item() == surgeon(a, H.inverse()).argmin()


def test_curvatures_of_a_linear_net_are_torchs_second_derivatives():
    """Guards the softmax's factor: where the logits are linear, the Gauss-Newton part is the whole."""
    torch.manual_seed(0)
    net, inputs, targets = nn.Linear(4, 3).double(), torch.randn(7, 4).double(), torch.arange(7) % 3

    def loss(weight):
        return cross_entropy(functional_call(net, {"weight": weight.view(3, 4), "bias": net.bias}, inputs), targets)

    want = torch.autograd.functional.hessian(loss, net.weight.detach().flatten())
    A = curvature_factor(net, ["weight"], inputs)
    assert A.shape == (21, 12) and torch.allclose(A.T @ A, want, atol=1e-12)
