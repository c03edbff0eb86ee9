"""An autoencoder of one hidden layer, whose decoder has the encoder's weights (Rifai et al. 2011, "Contractive
auto-encoders: explicit invariance during feature extraction", section 3).
"""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, mse_loss


def build(*, latent: int = 100, channels: int = 1, size: int = 8) -> nn.Module:
    """A layer of sigmoid units, and back by the same weights transposed; the code may be wider than a picture.

    latent: units of the code, at least 1.
    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 1.
    """
    return TiedAutoencoder(latent, channels, size)


class TiedAutoencoder(nn.Module):
    """Pictures x (B, channels, size, size) in 0..1 -> codes h = sigmoid(W x + b), (B, latent) -> sigmoid(W^T h + c).

    See contracts.models.Autoencoder.
    """

    def __init__(self, latent: int, channels: int, size: int):
        super().__init__()
        self.latent, self.shape = latent, (channels, size, size)
        pixels = channels * size * size
        reach = math.sqrt(6 / (latent + pixels))  # of Glorot and Bengio's initialisation
        self.W = nn.Parameter(torch.empty(latent, pixels).uniform_(-reach, reach))
        self.b, self.c = nn.Parameter(torch.zeros(latent)), nn.Parameter(torch.zeros(pixels))

    def embed(self, pictures: Tensor) -> Tensor:
        return torch.sigmoid(linear(pictures.flatten(1), self.W, self.b))  # (B, latent)

    def decode(self, codes: Tensor) -> Tensor:
        return torch.sigmoid(linear(codes, self.W.T, self.c)).unflatten(1, self.shape)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.decode(self.embed(pictures))

    def terms(self, pictures: Tensor) -> dict[str, Tensor]:
        """The mean squared error of the pixels."""
        return {"loss": mse_loss(self(pictures), pictures)}
