"""The divergence from N(0, 1) is torch's."""

import torch
from torch.distributions import Normal, kl_divergence

from dltui.engine.algorithms.divergence import kl_to_standard_normal


def test_it_is_torchs():
    """Guards the KL of the VAE: with a sign flipped, or a deviation where a variance belongs, it differs."""
    generator = torch.Generator().manual_seed(0)
    mu, log_v = torch.randn(2, 200, 3, generator=generator) * 2
    want = kl_divergence(Normal(mu, (log_v / 2).exp()), Normal(0.0, 1.0))
    assert torch.allclose(kl_to_standard_normal(mu, log_v), want, rtol=1e-4, atol=1e-5)


def test_it_is_zero_only_at_the_standard_normal():
    zero = torch.zeros(1)
    assert kl_to_standard_normal(zero, zero) == 0
    for mu, log_v in ((0.1, 0.0), (0.0, 0.1), (0.0, -0.1)):
        assert kl_to_standard_normal(torch.tensor(mu), torch.tensor(log_v)) > 0
