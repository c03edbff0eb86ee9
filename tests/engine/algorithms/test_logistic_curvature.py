"""Logistic regression's derivatives: autograd's."""

import pytest
import torch
from torch.autograd.functional import hessian, jacobian
from torch.nn.functional import binary_cross_entropy_with_logits

from dltui.engine.algorithms.logistic_curvature import Logistic


@pytest.fixture
def problem():
    torch.manual_seed(0)
    return Logistic(torch.randn(40, 5).double(), torch.randint(0, 2, (40,)), 0.1)


W = torch.tensor([0.5, -1.0, 2.0, 0.0, -0.3], dtype=torch.float64)


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
