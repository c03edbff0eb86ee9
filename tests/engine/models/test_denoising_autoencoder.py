"""A denoising autoencoder: the net is given noise, and the targets have none."""

import pytest
import torch
from torch.nn.functional import mse_loss

from dltui.engine.models.denoising_autoencoder import build


def made(noise):
    torch.manual_seed(0)
    return build(latent=4, hidden=[8], size=6, noise=noise)


def test_the_loss_compares_what_is_made_of_noisy_pictures_with_clean_ones():
    """Guards the target: noisy pictures as targets would teach to keep the noise."""
    net, pictures = made(0.5), torch.rand(7, 1, 6, 6)
    torch.manual_seed(1)
    got = net.terms(pictures)["loss"]
    torch.manual_seed(1)
    want = mse_loss(net(pictures + 0.5 * torch.randn_like(pictures)), pictures)
    assert got.item() == pytest.approx(want.item())


def test_without_noise_it_is_an_ordinary_autoencoder():
    net, pictures = made(0.0), torch.rand(7, 1, 6, 6)
    assert torch.equal(net.terms(pictures)["loss"], net.net.terms(pictures)["loss"])
    codes = net.embed(pictures)
    assert codes.shape == (7, 4) and torch.equal(net.decode(codes), net(pictures))
