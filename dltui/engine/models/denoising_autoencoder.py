"""A denoising autoencoder: it encodes damaged pictures and decodes whole ones (Vincent et al. 2008,
doi:10.1145/1390156.1390294).
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from dltui.engine.models.autoencoder import Autoencoder

LIVE = ("noise",)


def build(
    *, latent: int = 32, hidden: list[int] = (256,), channels: int = 1, size: int = 28, noise: float = 0.5
) -> nn.Module:
    """A fully connected autoencoder that is trained on pictures with noise, and compared with those without.

    latent: values of the code, at least 1.
    hidden: units of each of the encoder's hidden layers, at least 1; the decoder has them in reverse.
    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 1.
    noise: standard deviation of the Gaussian noise that each pixel gets in training, at least 0, where white is 1;
        0 makes an ordinary autoencoder.
    """
    return DenoisingAutoencoder(Autoencoder(latent, list(hidden), channels, size), noise)


class DenoisingAutoencoder(nn.Module):
    """Pictures (B, channels, size, size) in 0..1, noisy or not -> codes (B, latent) -> pictures in 0..1."""

    def __init__(self, net: Autoencoder, noise: float):
        super().__init__()
        self.net, self.latent, self.noise = net, net.latent, noise

    def embed(self, pictures: Tensor) -> Tensor:
        return self.net.embed(pictures)

    def decode(self, codes: Tensor) -> Tensor:
        return self.net.decode(codes)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.net(pictures)

    def terms(self, pictures: Tensor) -> dict[str, Tensor]:
        """The mean squared error of the pixels, from the pictures without the noise that the net is given."""
        given = pictures + self.noise * torch.randn_like(pictures) if self.noise else pictures
        return {"loss": mse_loss(self(given), pictures)}
