"""Sparse autoencoders: the loss by hand, measures of planted directions, the net stands still in the second phase."""

import pytest
import torch
from torch.nn.functional import normalize

from dltui.engine.algorithms import sae_features
from tests.engine.conftest import context


def made(steps: int = 0, **options: object) -> sae_features.SaeFeatures:
    torch.manual_seed(0)
    model = sae_features.build(**options)(context())
    for _ in range(steps):
        model.step()
    return model


def test_the_loss_is_the_squared_error_and_the_price_of_the_latents():
    model = made(3, net_steps=3, penalty=0.3)
    torch.manual_seed(5)
    x = model.rows(model.batch)
    sae, h = model.sae, (x @ model.W).detach()
    z = ((h - sae.a) @ sae.E + sae.c).clamp(min=0)
    back = z @ (sae.D / sae.D.norm(dim=1, keepdim=True)) + sae.a
    want = ((back - h) ** 2).sum(1).mean() + 0.3 * z.sum(1).mean()
    torch.manual_seed(5)
    assert model.step()["sae_loss"] == pytest.approx(want.item(), rel=1e-5)


def test_first_the_net_is_trained_and_then_the_autoencoder_alone():
    model = made(net_steps=4)
    for phase, moved in (("net_loss", model.W), ("sae_loss", model.sae.D)):
        before = model.W.detach().clone(), model.sae.D.detach().clone()
        told = [set(model.step()) for _ in range(4)]
        assert told == [{phase}] * 4
        changed = [not torch.equal(*pair) for pair in zip(before, (model.W, model.sae.D), strict=True)]
        assert changed == [moved is model.W, moved is model.sae.D]


def test_an_autoencoder_that_knows_the_directions_has_recovered_all():
    model = made()
    with torch.no_grad():
        model.sae.D[: len(sae_features.NAMES)] = 3 * model.W
    assert model.evaluate()["recovered"] == 1
    assert sae_features.share_alike(torch.tensor([[0.95, 0.1], [0.5, 0.89]])) == 0.5
    answers = torch.tensor([[3.0, 0.0, 1.0], [1.0, 0.0, 1.0]])
    assert sae_features.selectivity(answers).tolist() == [0.75, 0.5]


def test_directions_are_of_length_one_and_shown_by_names():
    model = made(2, latents=25)
    assert torch.allclose(model.sae.directions, normalize(model.sae.D, dim=1))
    directions, latents = (picture.payload for picture in model.pictures())
    assert sorted(directions["rows"]) == sorted(sae_features.NAMES) and len(directions["columns"]) == 20
    assert len(latents["rows"]) == sae_features.SHOWN


def test_a_run_resumes_in_both_phases():
    for steps in (2, 6):
        model, other = made(steps, net_steps=4), made(net_steps=4)
        other.load_state_dict(model.state_dict())
        for each in (model, other):
            torch.manual_seed(2)
            each.step()
        assert model.evaluate() == other.evaluate()
