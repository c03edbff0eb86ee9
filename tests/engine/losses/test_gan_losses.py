"""The losses of GANs equal their papers' formulas on random logits."""

import pytest
import torch
from torch.nn.functional import binary_cross_entropy

from dltui.engine.losses import non_saturating, saturating, smoothed, wasserstein


@pytest.fixture
def logits():
    torch.manual_seed(0)
    return 2 * torch.randn(64, 1, dtype=torch.float64), 2 * torch.randn(64, 1, dtype=torch.float64)


def test_the_critics_losses_are_those_of_arjovsky(logits):
    """Algorithm 1 maximises mean D(x) - mean D(G(z)), and the generator -mean D(G(z)). Guards the signs."""
    real, fake = logits
    loss = wasserstein.build()
    assert loss.critic
    assert loss.discriminator(real, fake).item() == pytest.approx(-(real.sum() / 64 - fake.sum() / 64).item())
    assert loss.generator(fake).item() == pytest.approx(-fake.sum().item() / 64)


@pytest.mark.parametrize(("build", "formula"), [
    (saturating.build, lambda D: (1 - D).log()),
    (non_saturating.build, lambda D: -D.log()),
    (smoothed.build, lambda D: -D.log()),
])  # fmt: skip
def test_the_generators_losses_are_those_of_goodfellow(logits, build, formula):
    fake = logits[1]
    assert build().generator(fake).item() == pytest.approx(formula(fake.sigmoid()).mean().item())


def test_smoothing_is_one_sided(logits):
    """-0.9 log D(x) - 0.1 log(1 - D(x)) - log(1 - D(G(z))): generated rows keep the target 0."""
    real, fake = (logit.sigmoid() for logit in logits)
    want = (-0.9 * real.log() - 0.1 * (1 - real).log() - (1 - fake).log()).mean().item()
    assert smoothed.build(real=0.9).discriminator(*logits).item() == pytest.approx(want)


def test_flipped_labels_are_those_of_the_other_rows(logits):
    """With all of them flipped, real rows have the target 0 and generated ones 1."""
    real, fake = logits
    want = binary_cross_entropy(real.sigmoid(), torch.zeros_like(real)) + binary_cross_entropy(
        fake.sigmoid(), torch.ones_like(fake)
    )
    assert smoothed.build(real=1.0, flipped=1.0).discriminator(real, fake).item() == pytest.approx(want.item())
    torch.manual_seed(0)
    many = torch.zeros(20_000, 1, dtype=torch.float64)
    tilted = smoothed.build(real=1.0, flipped=0.25)
    real = many.clone().requires_grad_()
    tilted.discriminator(real, many).backward()
    assert (real.grad > 0).float().mean().item() == pytest.approx(0.25, abs=0.02)  # pushed down: taken for generated


def test_a_smoothed_discriminator_is_best_at_the_target():
    logit = torch.zeros(1, 1, dtype=torch.float64, requires_grad=True)
    optimizer, loss = torch.optim.SGD([logit], lr=2.0), smoothed.build(real=0.9)
    for _ in range(400):
        optimizer.zero_grad()
        loss.discriminator(logit, torch.zeros(1, 1, dtype=torch.float64)).backward()
        optimizer.step()
    assert logit.sigmoid().item() == pytest.approx(0.9, abs=1e-3)
