"""Adversarial losses in the paper's form, the averaged generator, and the judge that is trained once."""

import pytest
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.metrics import fid_features as judges
from dltui.engine.models import mlp, mlp_generator
from dltui.engine.tasks.gan import build
from tests.engine.conftest import CPU


@pytest.fixture
def digits(home, monkeypatch):
    """Small bright and dark pictures of two classes; the judge learns them in a few steps."""
    monkeypatch.setattr(judges, "STEPS", 30)
    generator = torch.Generator().manual_seed(0)
    targets = torch.randint(0, 2, (200,), generator=generator)
    noise = torch.randint(0, 60, (200, 1, 12, 12), generator=generator)
    split = Split((noise + 150 * targets[:, None, None, None]).to(torch.uint8), targets)
    return Dataset(split, split, ("dark", "bright"), "builtin", "", {"channels": 1, "size": 12, "classes": 2})


@pytest.fixture
def gan(digits):
    def make(**options):
        torch.manual_seed(0)
        nets = {
            "generator": mlp_generator.build(latent=4, hidden=[8], size=12),
            "discriminator": mlp.build(inputs=144, hidden=[8], outputs=1),
        }
        return build(**options)(digits, nets, CPU), nets

    return make


def test_the_losses_are_those_of_the_paper(gan):
    """Guards the signs: a generator that helps the discriminator has the opposite one."""
    (task, nets) = gan()
    rows = torch.arange(50)
    torch.manual_seed(1)
    got_D, got_G = task.discriminator_loss(rows).item(), task.generator_loss(rows).item()
    torch.manual_seed(1)
    D = lambda x: torch.sigmoid(nets["discriminator"](x))[:, 0]  # noqa: E731
    ones, zeros = torch.ones(50), torch.zeros(50)
    fakes = nets["generator"](torch.randn(50, 4))
    want_D = binary_cross_entropy(D(task.inputs[rows]), ones) + binary_cross_entropy(D(fakes), zeros)
    want_G = binary_cross_entropy(D(nets["generator"](torch.randn(50, 4))), ones)
    assert got_D == pytest.approx(want_D.item(), rel=1e-4)
    assert got_G == pytest.approx(want_G.item(), rel=1e-4)


def test_the_saturating_loss_has_less_gradient_while_the_discriminator_is_ahead(gan):
    norms = {}
    for loss in ("saturating", "non_saturating"):
        task, nets = gan(loss=loss)
        with torch.no_grad():
            nets["discriminator"].head.bias -= 8  # it is sure that all is made
        task.generator_loss(torch.arange(50)).backward()
        norms[loss] = sum(p.grad.square().sum() for p in nets["generator"].parameters() if p.grad is not None)
    assert norms["saturating"] < 1e-3 * norms["non_saturating"]


def test_the_discriminators_loss_moves_no_generator(gan):
    task, nets = gan()
    task.discriminator_loss(torch.arange(50)).backward()
    assert all(p.grad is None for p in nets["generator"].parameters())


def test_what_is_shown_comes_from_the_running_mean(gan):
    task, nets = gan(average=0.9)
    task.after_step()  # the first copies
    before = task.G_mean.module.net[0].weight.clone()
    with torch.no_grad():
        nets["generator"].net[0].weight += 1
    task.after_step()
    assert torch.allclose(task.G_mean.module.net[0].weight, before + 0.1, atol=1e-5)
    assert "average" in nets  # so that a checkpoint holds it


def test_the_judge_is_trained_once(digits, monkeypatch):
    first = judges.FIDFeatureExtractor(digits, CPU)
    pictures = digits.test.inputs.float() / 255
    assert (first.predict(pictures) == digits.test.targets).float().mean() > 0.9
    monkeypatch.setattr(judges.FIDFeatureExtractor, "_train", lambda self, data: pytest.fail("trained again"))
    assert torch.equal(judges.FIDFeatureExtractor(digits, CPU).features(pictures), first.features(pictures))


def test_the_judge_does_not_disturb_the_runs_random_numbers(digits):
    torch.manual_seed(3)
    want = torch.rand(4)
    torch.manual_seed(3)
    judges.FIDFeatureExtractor(digits, CPU)
    assert torch.equal(torch.rand(4), want)


def test_fid_is_small_for_real_pictures_and_large_for_noise(gan, digits):
    task, _ = gan()
    task.G_mean = nn.Identity()
    task._noise = lambda count: task.test_inputs
    assert task.evaluate()["fid"] == pytest.approx(0, abs=1e-3)
    task._noise = lambda count: torch.rand_like(task.test_inputs) * 2 - 1
    assert task.evaluate()["fid"] > 1
