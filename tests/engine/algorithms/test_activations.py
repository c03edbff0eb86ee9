"""Activations and their slopes against what torch has, below, at and above the corner."""

import pytest
import torch
from torch.nn import functional

from dltui.engine.algorithms.activations import ACTIVATIONS, Factors

X = torch.tensor([-30.0, -2.0, -0.3, 0.0, 0.3, 2.0, 30.0], dtype=torch.float64)
TORCHS = {
    "sigmoid": torch.sigmoid, "tanh": torch.tanh, "arctan": torch.arctan, "softsign": functional.softsign,
    "ReLU": torch.relu, "leaky ReLU": functional.leaky_relu, "softplus": functional.softplus,
    "ELU": lambda x: functional.elu(x, 0.7), "PReLU": lambda x: functional.leaky_relu(x, -0.3),
    "tanh + ax": lambda x: torch.tanh(x) + 0.1 * x,
}  # fmt: skip


def test_every_function_of_the_zoo_is_compared():
    assert set(ACTIVATIONS) == {*TORCHS, "noisy ReLU"}


@pytest.mark.parametrize("name", TORCHS)
def test_values_and_slopes_are_torchs(name):
    each, factors = ACTIVATIONS[name], Factors(a=-0.3, alpha=0.7)
    x = X.clone().requires_grad_()
    wanted = TORCHS[name](x)
    torch.testing.assert_close(each.value(X, factors), wanted.detach(), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(each.slope(X, factors), torch.autograd.grad(wanted.sum(), x)[0], rtol=1e-12, atol=1e-12)


def test_a_draw_moves_the_corner_of_the_noisy_one_and_it_is_never_below_0():
    noisy = ACTIVATIONS["noisy ReLU"]
    for z in (-2.0, 0.0, 2.0):
        values = noisy.value(X, Factors(z=z))
        assert (values >= 0).all() and torch.equal(values > 0, X + z * torch.sigmoid(X).sqrt() > 0)
    near = torch.tensor(0.4, dtype=torch.float64)
    difference = noisy.value(near + 1e-6, Factors(z=1.5)) - noisy.value(near - 1e-6, Factors(z=1.5))
    assert noisy.slope(near, Factors(z=1.5)).item() == pytest.approx(difference.item() / 2e-6, abs=1e-8)


def test_the_slope_of_a_sigmoid_is_a_quarter_at_most():
    sigmoid, factors = ACTIVATIONS["sigmoid"], Factors()
    assert sigmoid.slope(torch.linspace(-9, 9, 181), factors).max().item() == pytest.approx(0.25)
