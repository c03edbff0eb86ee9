"""A fully connected autoencoder (Hinton and Salakhutdinov 2006, doi:10.1126/science.1127647)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from dltui.engine.layers.dense import dense


def build(*, latent: int = 2, hidden: list[int] = (256, 128), channels: int = 1, size: int = 28) -> nn.Module:
    """An encoder that narrows, and its mirror as decoder, with ReLU between the layers.

    latent: values of the code, at least 1; 2 can be drawn as a map.
    hidden: units of each of the encoder's hidden layers, at least 1; the decoder has them in reverse.
    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 1.
    """
    return Autoencoder(latent, list(hidden), channels, size)


class Autoencoder(nn.Module):
    """Pictures (B, channels, size, size) in 0..1 -> codes (B, latent) -> pictures in 0..1. See contracts.models."""

    def __init__(self, latent: int, hidden: list[int], channels: int, size: int):
        super().__init__()
        self.latent, self.shape = latent, (channels, size, size)
        widths = [channels * size * size, *hidden, latent]
        self.encoder = dense(widths)
        self.decoder = dense(widths[::-1])

    def embed(self, pictures: Tensor) -> Tensor:
        return self.encoder(pictures.flatten(1))  # (B, latent)

    def decode(self, codes: Tensor) -> Tensor:
        return torch.sigmoid(self.decoder(codes)).unflatten(1, self.shape)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.decode(self.embed(pictures))

    def terms(self, pictures: Tensor) -> dict[str, Tensor]:
        """The mean squared error of the pixels."""
        return {"loss": mse_loss(self(pictures), pictures)}
