"""Penalties on an autoencoder's code equal their formulas, and automatic differentiation."""

import pytest
import torch
from torch.distributions import Bernoulli, kl_divergence
from torch.func import jacrev, vmap

from dltui.engine.models import autoencoder, tied_autoencoder
from dltui.engine.regularizers import contraction, sparse_code
from dltui.errors import DltuiError


def net_and_pictures():
    torch.manual_seed(0)
    return tied_autoencoder.build(latent=7, size=3), torch.rand(6, 1, 3, 3)


def test_contraction_is_the_squared_norm_of_the_jacobian():
    net, pictures = net_and_pictures()
    J = vmap(jacrev(lambda picture: net.embed(picture[None])[0]))(pictures).flatten(2)  # (B, latent, 9)
    want = 0.3 * J.square().sum((1, 2)).mean()
    assert contraction.build(weight=0.3)(net, pictures).item() == pytest.approx(want.item(), rel=1e-5)
    assert contraction.build(weight=0.0)(net, pictures) == 0


def test_contraction_of_another_encoder_is_refused():
    """Guards a wrong number: the formula holds for one sigmoid layer alone."""
    with pytest.raises(DltuiError, match="tied_autoencoder"):
        contraction.build()(autoencoder.build(size=3), torch.rand(2, 1, 3, 3))


def test_kl_is_that_of_two_coins_and_0_at_the_rate():
    mean = torch.tensor([0.01, 0.05, 0.3, 0.9])
    want = kl_divergence(Bernoulli(torch.tensor(0.05)), Bernoulli(mean))
    torch.testing.assert_close(sparse_code.kl_of_rates(mean, 0.05), want, rtol=1e-4, atol=1e-6)
    assert torch.isfinite(sparse_code.kl_of_rates(torch.tensor([0.0, 1.0]), 0.05)).all()


def test_sparsity_is_asked_of_units_by_kl_and_of_numbers_by_l1():
    net, pictures = net_and_pictures()
    codes = net.embed(pictures)
    l1 = sparse_code.build(weight=2.0, kind_of="l1")(net, pictures)
    kl = sparse_code.build(weight=2.0, kind_of="kl", rate=0.1)(net, pictures)
    assert l1.item() == pytest.approx(2 * codes.mean().item())
    assert kl.item() == pytest.approx(2 * sparse_code.kl_of_rates(codes.mean(0), 0.1).mean().item())
    kl.backward()
    assert net.W.grad.abs().sum() > 0
