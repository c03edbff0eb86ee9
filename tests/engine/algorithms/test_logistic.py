"""Logistic regression: autograd's gradients, scikit-learn's solution, a rate that is safe."""

import pytest
import torch
from sklearn.linear_model import LogisticRegression

from dltui.engine.algorithms.logistic import gradient, loss, newton, safe_rate


@pytest.fixture
def rows():
    torch.manual_seed(0)
    x = torch.randn(200, dtype=torch.float64)
    y = (x + torch.randn(200, dtype=torch.float64) > 0.3).double()
    X = torch.stack([torch.stack([x, torch.ones_like(x)], 1), torch.stack([3 * x + 9, torch.ones_like(x)], 1)])
    return X, y  # (2, N, 2): the same rows, scaled in two ways


def test_the_gradient_is_autograds(rows):
    X, y = rows
    theta = torch.tensor([[0.4, -1.0], [-0.2, 0.7]], dtype=torch.float64, requires_grad=True)
    (want,) = torch.autograd.grad(loss(theta, X, y).sum(), theta)
    torch.testing.assert_close(gradient(theta.detach(), X, y), want)


def test_newton_finds_what_scikit_learn_finds(rows):
    X, y = rows
    theirs = LogisticRegression(C=1e9, tol=1e-9, max_iter=1000).fit(X[0, :, :1].numpy(), y.numpy())
    ours = newton(X, y)[0]
    assert ours.tolist() == pytest.approx([theirs.coef_.item(), theirs.intercept_.item()], abs=1e-4)


def test_with_the_safe_rate_the_loss_falls_at_every_step_and_with_nine_times_as_much_it_does_not(rows):
    X, y = rows
    for times, falls in ((1, True), (9, False)):
        theta, values = torch.full((2, 2), 2.0, dtype=torch.float64), []
        for _ in range(30):
            values.append(loss(theta, X, y))
            theta = theta - times * safe_rate(X)[:, None] * gradient(theta, X, y)
        values = torch.stack(values)
        assert (values[1:] <= values[:-1] + 1e-12).all().item() == falls
