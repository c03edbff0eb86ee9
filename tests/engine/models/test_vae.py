"""The VAE: its loss is -ELBO, noise and divergence only where they belong, codes are drawn as wide as it says."""

import math

import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from dltui.engine.models.vae import build, kl_to_standard_normal


def made(latent=2, **options):
    torch.manual_seed(0)
    return build(latent=latent, hidden=[16], size=6, **options)


@pytest.fixture
def x():
    """Pictures of 0 and 1: torch's Bernoulli takes these alone."""
    return torch.randint(0, 2, (30, 1, 6, 6), generator=torch.Generator().manual_seed(0)).float()


@pytest.mark.parametrize("beta", [1.0, 0.3])
def test_the_loss_is_torchs(beta, x):
    """-log p(x|z) + beta KL(q(z|x) || N(0, 1)), z drawn from q. Guards both signs, v against its root, mean for sum."""
    net = made(beta=beta)
    torch.manual_seed(1)
    got = net.terms(x)
    torch.manual_seed(1)
    mu, log_v = net.encode(x)
    q = Normal(mu, (log_v / 2).exp())
    z = mu + q.stddev * torch.randn_like(mu)
    log_p = Bernoulli(logits=net.logits(z)).log_prob(x).flatten(1).sum(1)
    kl = kl_divergence(q, Normal(0.0, 1.0)).sum(1)
    assert got["loss"].item() == pytest.approx((-log_p + beta * kl).mean().item(), rel=1e-4)
    assert got["elbo"].item() == pytest.approx((log_p - kl).mean().item(), rel=1e-4)


def test_the_elbo_is_a_lower_bound_of_the_likelihood(x):
    """log p(x) by 20,000 draws of z from N(0, 1) is above the ELBO. Guards an ELBO that lacks its divergence."""
    net = made()
    with torch.no_grad():
        net.encoder[-1].bias.add_(torch.tensor([1.0, -1.0, -2.0, -2.0]))  # q far from N(0, 1)
        logits = net.logits(torch.randn(20_000, 2))
        log_p = Bernoulli(logits=logits).log_prob(x[:1]).flatten(1).sum(1).logsumexp(0) - math.log(20_000)
        terms = net.terms(x[:1].repeat(5000, 1, 1, 1))
        assert terms["elbo"] < log_p
        assert terms["kl"] > 1


def test_a_plain_autoencoder_has_neither_noise_nor_divergence(x):
    net = made(variational=False)
    first, second = net.terms(x)["loss"], net.terms(x)["loss"]
    assert torch.equal(first, second)
    first.backward()
    grads = net.encoder[-1].weight.grad  # (2 * latent, 16): means, then variances
    assert grads[:2].abs().sum() > 0 and grads[2:].abs().sum() == 0
    noisy = made()
    assert not torch.equal(noisy.terms(x)["loss"], noisy.terms(x)["loss"])


def test_a_code_is_drawn_with_the_deviation_that_is_the_root_of_the_variance():
    """Guards against v taken for the deviation. The encoder gives mu = 3, log v = log 4."""
    torch.manual_seed(0)
    net = build(latent=1, hidden=[1], size=1)
    codes = net.drawn(torch.full((20_000, 1), 3.0), torch.full((20_000, 1), math.log(4)))
    assert abs(codes.mean() - 3) < 0.1 and abs(codes.std() - 2) < 0.1


def test_the_divergence_is_torchs():
    """Guards the KL: with a sign flipped, or a deviation where a variance belongs, it differs."""
    generator = torch.Generator().manual_seed(0)
    mu, log_v = torch.randn(2, 200, 3, generator=generator) * 2
    want = kl_divergence(Normal(mu, (log_v / 2).exp()), Normal(0.0, 1.0))
    assert torch.allclose(kl_to_standard_normal(mu, log_v), want, rtol=1e-4, atol=1e-5)


def test_the_divergence_is_zero_only_at_the_standard_normal():
    zero = torch.zeros(1)
    assert kl_to_standard_normal(zero, zero) == 0
    for mu, log_v in ((0.1, 0.0), (0.0, 0.1), (0.0, -0.1)):
        assert kl_to_standard_normal(torch.tensor(mu), torch.tensor(log_v)) > 0
