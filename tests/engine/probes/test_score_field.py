"""The score of points with noise: the formula is the gradient of their density, and a net that knows them has it."""

import pytest
import torch
from torch import nn

from dltui.engine.data import clouds
from dltui.engine.probes.score_field import build
from dltui.engine.tasks import diffuse
from tests.engine.conftest import context


class Net(nn.Module):
    """Predicts 0."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))

    def forward(self, x, t):
        return self.weight * x


@pytest.fixture
def probe():
    torch.manual_seed(0)
    data = clouds.build(shape="swiss_roll", rows=300, spread=0.03).builtin()
    return build()(diffuse.build(prediction_type="picture")(context(data, {"model": Net()})))


def test_it_is_the_gradient_of_the_log_density(probe):
    x, t = torch.randn(20, 2), probe.at[1]
    a = probe.task.abar[t].double()
    at = x.double().requires_grad_()
    centres = a.sqrt() * probe.known.double()
    log_p = (-(at[:, None] - centres).square().sum(2) / (2 * (1 - a))).logsumexp(1).sum()
    (want,) = torch.autograd.grad(log_p, at)
    assert torch.allclose(probe.true_score(x, t).double(), want, rtol=1e-3, atol=1e-3)


@torch.no_grad()
def test_who_knows_the_points_has_a_cosine_of_1_and_who_knows_nothing_has_not(probe):
    assert probe.evaluate()["cosine"] < 0.7
    probe.task.mean_net = lambda x, t: probe._weighed(x, int(t[0]))[0]
    assert probe.evaluate()["cosine"] == pytest.approx(1, abs=1e-4)


@torch.no_grad()
def test_the_noise_is_as_strong_as_asked_for_and_the_arrows_stand_on_a_grid(probe):
    assert [(1 - probe.task.abar[t]).sqrt().item() for t in probe.at] == pytest.approx([0.1, 0.2, 0.4], abs=2e-3)
    [picture] = probe.pictures()
    shown = picture.payload
    assert shown["values"].max() == 1 and len(set(shown["points"]["x"].round(4))) == 13
