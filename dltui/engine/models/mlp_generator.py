"""The fully connected generator of the first GAN (Goodfellow et al. 2014, arXiv:1406.2661)."""

import itertools

import torch
from torch import Tensor, nn


def build(*, latent: int = 64, hidden: list[int] = (256, 512), channels: int = 1, size: int = 28) -> nn.Module:
    """Fully connected layers from noise to a picture.

    latent: values of the noise z, at least 1.
    hidden: units of each hidden layer, at least 1.
    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 1.
    """
    return MLPGenerator(latent, list(hidden), channels, size)


class MLPGenerator(nn.Module):
    """z (B, latent) -> pictures (B, channels, size, size) in -1..1."""

    def __init__(self, latent: int, hidden: list[int], channels: int, size: int):
        super().__init__()
        self.latent, self.shape = latent, (channels, size, size)
        widths = [latent, *hidden]
        blocks: list[nn.Module] = []
        for width_in, width_out in itertools.pairwise(widths):
            blocks += [nn.Linear(width_in, width_out), nn.BatchNorm1d(width_out), nn.LeakyReLU(0.2)]
        self.net = nn.Sequential(*blocks, nn.Linear(widths[-1], channels * size * size))

    def forward(self, z: Tensor) -> Tensor:
        return torch.tanh(self.net(z)).unflatten(1, self.shape)
