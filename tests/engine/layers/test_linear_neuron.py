"""The linear neuron: its loss as autograd and scikit-learn know it, and what a step does in the bowl."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LinearRegression

from dltui.engine.layers.linear_neuron import bowl, gradient, loss


@pytest.fixture
def rows():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(50, 2, generator=generator, dtype=torch.float64) @ torch.tensor([[2.0, 1.0], [0.0, 0.5]]).double()
    return x, torch.randn(50, generator=generator, dtype=torch.float64)


def test_the_gradient_is_autograds_for_every_neuron(rows):
    w = torch.tensor([[1.0, -2.0], [0.3, 0.4], [0.0, 0.0]], dtype=torch.float64, requires_grad=True)
    expected = torch.autograd.grad(loss(w, *rows).sum(), w)[0]
    assert torch.allclose(gradient(w, *rows), expected, atol=1e-12)


def test_the_least_place_is_scikit_learns(rows):
    expected = LinearRegression(fit_intercept=False).fit(*(part.numpy() for part in rows)).coef_
    assert np.allclose(bowl(*rows).least.numpy(), expected)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99, 1.01, 1.4])
def test_a_step_leaves_what_the_formula_says_along_each_direction(rows, share):
    """Guards the limit: below it the steepest distance shrinks, above it grows."""
    found = bowl(*rows)
    a = share * found.limit
    w = torch.tensor([3.0, -1.0], dtype=torch.float64)
    before = found.directions.T @ (w - found.least)
    after = found.directions.T @ (w - a * gradient(w, *rows) - found.least)
    assert torch.allclose(after, (1 - a * found.curvatures) * before)
    assert (after[-1].abs() < before[-1].abs()) == (share < 1)
