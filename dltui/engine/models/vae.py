"""A fully connected variational autoencoder (Kingma and Welling 2014, arXiv:1312.6114)."""

import torch
from torch import Tensor, nn

from dltui.engine.layers.dense import dense


def build(*, latent: int = 2, hidden: list[int] = (256, 128), channels: int = 1, size: int = 28) -> nn.Module:
    """An encoder that gives each picture a normal distribution of codes, and its mirror as decoder.

    latent: values of a code, at least 1; 2 can be drawn as a plane.
    hidden: units of each of the encoder's hidden layers, at least 1; the decoder has them in reverse.
    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 1.
    """
    return VAE(latent, list(hidden), channels, size)


class VAE(nn.Module):
    """Pictures (B, channels, size, size) -> mean and log variance of codes; codes (B, latent) -> logits of pixels."""

    def __init__(self, latent: int, hidden: list[int], channels: int, size: int):
        super().__init__()
        self.latent, self.shape = latent, (channels, size, size)
        widths = [channels * size * size, *hidden]
        self.encoder = dense([*widths, 2 * latent])
        self.decoder = dense([latent, *widths[::-1]])

    def encode(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        mu, log_v = self.encoder(pictures.flatten(1)).chunk(2, dim=1)
        return mu, log_v  # (B, latent) both

    def decode(self, z: Tensor) -> Tensor:
        return self.decoder(z).unflatten(1, self.shape)

    def forward(self, pictures: Tensor) -> Tensor:
        mu, log_v = self.encode(pictures)
        return self.decode(mu + (log_v / 2).exp() * torch.randn_like(mu))
