"""Grokking: weight decay is AdamW's, waves compute sums and are seen in the spectrum, both accuracies are kept."""

import math

import pytest
import torch

from dltui.engine.algorithms.grokking import build
from tests.engine.conftest import context


def made(seed=0, **options):
    torch.manual_seed(seed)
    return build(**options)(context(seed=seed))


def test_a_step_is_torchs_adamw():
    ours = made(modulus=7, hidden=8, decay=0.5)
    weights = [weight.detach().clone().requires_grad_() for weight in ours.parameters()]
    theirs = torch.optim.AdamW(weights, lr=0.01, weight_decay=0.5)
    train = ours.order[: ours.known]
    for _ in range(5):
        ours.step()
        outputs = (ours.x[train] @ weights[0]).square() @ weights[1]
        target = torch.eye(7)[ours.y[train]]
        theirs.zero_grad()
        (outputs - target).square().sum(1).mean().backward()
        theirs.step()
    for got, want in zip(ours.parameters(), weights, strict=True):
        assert torch.allclose(got, want, atol=1e-5)


def test_waves_compute_sums_and_have_one_frequency():
    """Gromov 2023: cos(k a + s) + cos(k b + t) squared, and read out by cos(k c + s + t)."""
    p = 11
    net = made(modulus=p, hidden=400)
    generator = torch.Generator().manual_seed(0)
    k = torch.randint(1, p // 2 + 1, (400,), generator=generator)
    s, t = 2 * math.pi * torch.rand(2, 400, generator=generator)
    turns = 2 * math.pi / p * k * torch.arange(p)[:, None]
    with torch.no_grad():
        net.W_in.copy_(torch.cat([(turns + s).cos(), (turns + t).cos()]))
        net.W_out.copy_((turns + s + t).cos().T)
    assert net.accuracies() == (1.0, 1.0)
    assert net.evaluate()["one_frequency"] == pytest.approx(1, abs=1e-4)
    assert torch.equal(net.spectrum().argmax(1) + 1, k)


def test_it_knows_the_training_sums_long_before_the_others():
    net = made(modulus=11, share=0.6, hidden=64)
    for _ in range(600):
        net.step()
    found = net.evaluate()
    assert found["train_accuracy"] == 1 and found["steps_to_train"] < found["steps_to_test"]
    accuracy, spectrum = (picture.payload for picture in net.pictures())
    train, others = (curve["y"] for curve in accuracy["curves"])
    assert (train >= others - 0.2).all() and spectrum["values"].shape == (5, 64)
    assert net.way.steps[1] == 5


def test_without_decay_it_does_not_find_the_rule():
    net = made(modulus=11, share=0.5, hidden=64, decay=0.0)
    for _ in range(300):
        net.step()
    assert net.evaluate()["train_accuracy"] == 1 and net.evaluate()["test_accuracy"] < 0.3
