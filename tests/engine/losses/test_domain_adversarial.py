"""Gradient reversal: backward the gradient is -lambda times the plain one, and the adversary's own is as it was."""

import math

import pytest
import torch
from torch import nn

from dltui.engine.losses.domain_adversarial import build, reverse_gradient, strength_at


def made(**options):
    torch.manual_seed(0)
    loss = build(hidden=5, **options)
    loss.prepare(torch.zeros(2, 3))
    return loss


def test_the_layer_is_the_identity_and_its_gradient_minus_lambda_times_the_plain_one():
    torch.manual_seed(0)
    behind, x = nn.Linear(4, 1), torch.randn(6, 4, requires_grad=True)
    y = reverse_gradient(x, torch.tensor(0.3))
    assert torch.equal(y, x)
    (plain,) = torch.autograd.grad(behind(x).tanh().sum(), x)
    (reversed_,) = torch.autograd.grad(behind(y).tanh().sum(), x)
    assert torch.allclose(reversed_, -0.3 * plain)


@pytest.mark.parametrize(("p", "want"), [(0.0, 0.0), (0.1, math.tanh(0.5)), (1.0, math.tanh(5))])
def test_lambda_is_that_of_the_paper(p, want):
    """2 / (1 + exp(-10 p)) - 1 = tanh(5 p)."""
    assert strength_at(torch.tensor(p)).item() == pytest.approx(want)


def test_the_reversed_gradient_has_its_weight_and_the_adversary_its_speed():
    """speed multiplies the adversary's gradient alone; the embeddings get -weight * lambda times the plain gradient."""
    source, target = (torch.randn(4, 3, requires_grad=True) for _ in range(2))
    loss = made(weight=0.5, speed=4.0, ramp=2)
    loss.step.fill_(2)  # p = 1
    value = loss(source, target)
    gradients = torch.autograd.grad(value, [source, *loss.classifier.parameters()])
    logits = loss.classifier(torch.cat([source, target]))[:, 0]
    plain = nn.functional.binary_cross_entropy_with_logits(logits, torch.tensor([1.0] * 4 + [0.0] * 4))
    wanted = torch.autograd.grad(plain, [source, *loss.classifier.parameters()])
    assert torch.allclose(value, 4 * plain)
    assert torch.allclose(gradients[0], -0.5 * math.tanh(5) * wanted[0], atol=1e-6)
    assert all(torch.allclose(a, 4 * b, atol=1e-6) for a, b in zip(gradients[1:], wanted[1:], strict=True))


def test_at_the_first_step_the_embeddings_feel_nothing_and_then_more():
    source, target = (torch.randn(4, 3, requires_grad=True) for _ in range(2))
    loss = made(ramp=4)
    norms = [torch.autograd.grad(loss(source, target), source)[0].norm().item() for _ in range(4)]
    assert norms[0] == 0 and norms == sorted(norms) and norms[1] > 0
    assert int(loss.step) == 4
