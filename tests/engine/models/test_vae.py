"""A variational autoencoder draws its codes as wide as it says."""

import math

import torch

from dltui.engine.models.vae import build


def test_a_code_is_drawn_with_the_deviation_that_is_the_root_of_the_variance():
    """Guards against v taken for the deviation. The encoder says mu = 3, log v = log 4; the decoder hands codes on."""
    torch.manual_seed(0)
    net = build(latent=1, hidden=[1], size=1).requires_grad_(False)
    net.encoder = torch.nn.Linear(1, 2).requires_grad_(False)
    net.encoder.weight.zero_()
    net.encoder.bias.copy_(torch.tensor([3.0, math.log(4)]))
    net.decoder = torch.nn.Identity()
    codes = net(torch.zeros(20_000, 1, 1, 1)).flatten()
    assert abs(codes.mean() - 3) < 0.1 and abs(codes.std() - 2) < 0.1
