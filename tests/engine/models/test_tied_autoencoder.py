"""An autoencoder with tied weights: codes of a sigmoid layer, decoded by the same matrix transposed."""

import torch

from dltui.engine.models.tied_autoencoder import build


def test_the_decoder_has_the_weights_of_the_encoder():
    torch.manual_seed(0)
    net, pictures = build(latent=5, size=4), torch.rand(3, 1, 4, 4)
    codes = torch.sigmoid(pictures.flatten(1) @ net.W.T + net.b)
    torch.testing.assert_close(net.embed(pictures), codes)
    torch.testing.assert_close(net(pictures).flatten(1), torch.sigmoid(codes @ net.W + net.c))
    assert sum(p.numel() for p in net.parameters()) == 5 * 16 + 5 + 16
    net.terms(pictures)["loss"].backward()
    assert all(p.grad.abs().sum() > 0 for p in net.parameters())
