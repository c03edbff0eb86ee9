"""How codes lie: the divergence is torch's, and that of N(0, 1) itself is about 0."""

import pytest
import torch
from torch.distributions import MultivariateNormal, kl_divergence

from dltui.engine.probes.code_prior import build, kl_of_fit
from tests.engine.tasks.test_autoencode import of_vae


def test_the_divergence_of_a_fitted_gaussian_is_torchs():
    torch.manual_seed(0)
    codes = torch.randn(300, 3, dtype=torch.float64) @ torch.randn(3, 3, dtype=torch.float64) + 2
    fitted = MultivariateNormal(codes.mean(0), codes.T.cov())
    normal = MultivariateNormal(torch.zeros(3, dtype=torch.float64), torch.eye(3, dtype=torch.float64))
    assert kl_of_fit(codes) == pytest.approx(kl_divergence(fitted, normal).item())


def test_codes_drawn_from_the_prior_have_none_and_moved_ones_half_the_square():
    torch.manual_seed(0)
    codes = torch.randn(50_000, 2)
    assert kl_of_fit(codes) == pytest.approx(0, abs=1e-3)
    assert kl_of_fit(codes + 3) == pytest.approx(9, rel=0.02)


@torch.no_grad()
def test_codes_are_drawn_from_the_clouds_of_the_test_pictures():
    """Guards the aggregate: means alone lie nearer to 0 than the clouds."""
    task = of_vae()
    probe = build()(task)
    task.net.encode = lambda pictures: (torch.zeros(len(pictures), 2), torch.full((len(pictures), 2), 4.0).log())
    torch.manual_seed(0)
    assert probe.codes().std().item() == pytest.approx(2, rel=0.2)
    assert probe.evaluate()["prior_kl"] > 0.5
