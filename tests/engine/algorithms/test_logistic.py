"""Logistic regression: autograd's derivatives, scikit-learn's minimum, a learning rate that is safe."""

import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch.autograd.functional import hessian, jacobian
from torch.nn.functional import binary_cross_entropy_with_logits

from dltui.engine.algorithms.logistic import Logistic

W = torch.tensor([0.5, -1.0, 2.0, 0.0, -0.3], dtype=torch.float64)


@pytest.fixture
def problem():
    torch.manual_seed(0)
    return Logistic(torch.randn(40, 5).double(), torch.randint(0, 2, (40,)), 0.1)


def test_the_loss_is_torchs_and_half_the_ridge(problem):
    wanted = binary_cross_entropy_with_logits(problem.x @ W, problem.t) + 0.05 * W.square().sum()
    assert torch.allclose(problem.loss(W), wanted)
    assert torch.allclose(problem.loss(torch.stack([W, 2 * W]))[1], problem.loss(2 * W))


def test_both_derivatives_are_autograds(problem):
    assert torch.allclose(problem.gradient(W), jacobian(problem.loss, W))
    assert torch.allclose(problem.hessian(W), hessian(problem.loss, W))


def test_a_rows_gradient_is_that_of_its_own_loss(problem):
    alone = Logistic(problem.x[3:4], problem.t[3:4], 0.1)
    assert torch.allclose(problem.gradients(W)[3], jacobian(alone.loss, W))


@pytest.fixture
def column():
    torch.manual_seed(0)
    x = torch.randn(200, dtype=torch.float64)
    y = (x + torch.randn(200, dtype=torch.float64) > 0.3).double()
    return Logistic(torch.stack([x, torch.ones_like(x)], 1), y)


def test_the_minimum_is_scikit_learns(column):
    theirs = LogisticRegression(C=1e9, tol=1e-9, max_iter=1000).fit(column.x[:, :1].numpy(), column.t.numpy())
    assert column.minimum().tolist() == pytest.approx([theirs.coef_.item(), theirs.intercept_.item()], abs=1e-4)


def test_with_the_safe_rate_the_loss_falls_at_every_step_and_with_nine_times_as_much_it_does_not(column):
    for times, falls in ((1, True), (9, False)):
        w, values = torch.full((2,), 2.0, dtype=torch.float64), []
        for _ in range(30):
            values.append(column.loss(w))
            w = w - times / column.steepest * column.gradient(w)
        values = torch.stack(values)
        assert (values[1:] <= values[:-1] + 1e-12).all().item() == falls
