"""Polynomials: the basis and the fit are numpy's, the penalty scikit-learn's."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge

from dltui.engine.algorithms.polynomials import chebyshev, fitted, value


@pytest.fixture
def points():
    generator = torch.Generator().manual_seed(0)
    x = 2 * torch.rand(30, generator=generator, dtype=torch.float64) - 1
    return x, torch.sin(4 * x) + 0.3 * torch.randn(30, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("degree", [0, 1, 2, 9])
def test_the_basis_and_the_fit_are_numpys(points, degree):
    """Guards T_k = 2 x T_(k-1) - T_(k-2): without the 2, degree 2 is already another polynomial."""
    x, y = points
    assert np.allclose(chebyshev(x, degree), np.polynomial.chebyshev.chebvander(x, degree))
    assert np.allclose(fitted(x, y, degree), np.polynomial.chebyshev.chebfit(x, y, degree))


@pytest.mark.parametrize("ridge", [0.01, 1.0])
def test_the_penalty_is_that_of_ridge_regression(points, ridge):
    """Guards the square root: rows of ridge instead of sqrt(ridge) penalise by its square."""
    x, y = points
    theirs = Ridge(alpha=ridge, fit_intercept=False).fit(chebyshev(x, 12).numpy(), y.numpy())
    assert np.allclose(fitted(x, y, 12, ridge), theirs.coef_)


def test_as_many_coefficients_as_points_meet_every_point(points):
    x, y = points[0][:6], points[1][:6]
    assert torch.allclose(value(fitted(x, y, 5), x), y)
