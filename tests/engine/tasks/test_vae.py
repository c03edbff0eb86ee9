"""The VAE: its loss is -ELBO, noise and divergence only where they belong, codes that are fitted."""

import pytest
import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.models import vae as model
from dltui.engine.tasks import vae
from tests.engine.conftest import CPU

ROWS = torch.arange(30)


def made(latent=2, **options):
    torch.manual_seed(0)
    inputs = torch.randint(0, 256, (60, 1, 6, 6), dtype=torch.uint8)
    split = Split(inputs, torch.arange(60) % 2)
    data = Dataset(split, split, ("even", "odd"), "builtin", "", {})
    return vae.build(**options)(data, {"model": model.build(latent=latent, hidden=[16], size=6)}, CPU)


@pytest.mark.parametrize("beta", [1.0, 0.3])
def test_the_loss_is_torchs(beta):
    """-log p(x|z) + beta KL(q(z|x) || N(0, 1)), z drawn from q. Guards both signs, v against its root, mean for sum."""
    task = made(beta=beta)
    x = (task.inputs[ROWS] > 0.5).float()  # torch's Bernoulli takes 0 and 1 alone
    task.inputs = x
    torch.manual_seed(1)
    got = task.loss(ROWS).item()
    torch.manual_seed(1)
    mu, log_v = task.net.encode(x)
    q = Normal(mu, (log_v / 2).exp())
    z = mu + q.stddev * torch.randn_like(mu)
    log_p = Bernoulli(logits=task.net.decode(z)).log_prob(x).flatten(1).sum(1)
    want = (-log_p + beta * kl_divergence(q, Normal(0.0, 1.0)).sum(1)).mean()
    assert got == pytest.approx(want.item(), rel=1e-4)


def test_the_elbo_is_a_lower_bound_of_the_likelihood():
    """log p(x) by 20,000 draws of z from N(0, 1) is above the ELBO. Guards an ELBO that lacks its divergence."""
    task = made()
    with torch.no_grad():
        task.net.encoder[-1].bias.add_(torch.tensor([1.0, -1.0, -2.0, -2.0]))  # q far from N(0, 1)
        x = (task.inputs[:1] > 0.5).float()
        logits = task.net.decode(torch.randn(20_000, 2))
        log_p = Bernoulli(logits=logits).log_prob(x).flatten(1).sum(1).logsumexp(0) - torch.tensor(20_000.0).log()
        reconstruction, kl = task.terms(x.repeat(5000, 1, 1, 1))
        assert -(reconstruction + kl) < log_p
        assert kl > 1


def test_a_plain_autoencoder_has_neither_noise_nor_divergence():
    task = made(plain=True)
    first, second = task.loss(ROWS), task.loss(ROWS)
    assert torch.equal(first, second)
    first.backward()
    grads = task.net.encoder[-1].weight.grad  # (2 * latent, 16): means, then variances
    assert grads[:2].abs().sum() > 0 and grads[2:].abs().sum() == 0
    noisy = made()
    assert not torch.equal(noisy.loss(ROWS), noisy.loss(ROWS))


@pytest.mark.parametrize("latent", [1, 3])
def test_fitted_codes_lie_as_the_training_codes(latent):
    task = made(latent)
    with torch.no_grad():
        codes, fitted = task.net.encode(task.inputs)[0], task._fitted(torch.randn(100_000, latent))
    assert torch.allclose(fitted.mean(0), codes.mean(0), atol=0.01)
    want, got = (rows.T.cov(correction=0).view(latent, -1) for rows in (codes, fitted))
    assert torch.allclose(got, want, atol=0.02)


def test_the_plane_spans_the_standard_normal_and_grows_upwards():
    task = made()
    seen = []
    task._drawn = lambda z: seen.append(z) or torch.zeros(len(z), 1, 6, 6)
    task._plane()
    z = seen[0].view(vae.SIDE, vae.SIDE, 2)
    assert torch.allclose(z[0, :, 0], z[-1, :, 0]) and (z[0, 1:, 0] > z[0, :-1, 0]).all()
    assert (z[1:, 0, 1] < z[:-1, 0, 1]).all()
    share = Normal(0.0, 1.0).cdf(z[0, :, 0])
    assert torch.allclose(share.diff(), share.diff()[0], atol=1e-5)


def test_only_two_numbers_make_a_plane():
    with torch.no_grad():
        assert [picture.pane for picture in made().pictures()] == ["plane", "samples", "pairs"]
        assert [picture.pane for picture in made(3).pictures()] == ["samples", "pairs"]
