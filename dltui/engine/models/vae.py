"""A fully connected variational autoencoder (Kingma and Welling 2014, arXiv:1312.6114)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from dltui.engine.layers.dense import dense


def build(
    *,
    latent: int = 2,
    hidden: list[int] = (256, 128),
    channels: int = 1,
    size: int = 28,
    beta: float = 1.0,
    variational: bool = True,
) -> nn.Module:
    """An encoder that gives each picture a normal distribution of codes, and its mirror as decoder.

    latent: values of a code, at least 1; 2 can be drawn as a plane.
    hidden: units of each of the encoder's hidden layers, at least 1; the decoder has them in reverse.
    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 1.
    beta: weight of the divergence in the loss, at least 0; 1 makes the loss -ELBO.
    variational: false makes an ordinary autoencoder to compare with: codes are the means, without noise and divergence.
    """
    return VAE(latent, list(hidden), channels, size, beta, variational)


class VAE(nn.Module):
    """Pictures (B, channels, size, size) -> mean and log variance of codes; codes (B, latent) -> Bernoullis of pixels.

    See contracts.models.Autoencoder: a picture's embedding is the mean of its codes.
    """

    def __init__(self, latent: int, hidden: list[int], channels: int, size: int, beta: float, variational: bool):
        super().__init__()
        self.latent, self.shape = latent, (channels, size, size)
        self.beta, self.variational = beta, variational
        widths = [channels * size * size, *hidden]
        self.encoder = dense([*widths, 2 * latent])
        self.decoder = dense([latent, *widths[::-1]])

    def encode(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures -> mu and log v of q(z|x), (B, latent) both."""
        mu, log_v = self.encoder(pictures.flatten(1)).chunk(2, dim=1)
        return mu, log_v

    def embed(self, pictures: Tensor) -> Tensor:
        return self.encode(pictures)[0]

    def logits(self, z: Tensor) -> Tensor:
        """z (B, latent) -> logits of p(x|z), (B, channels, size, size)."""
        return self.decoder(z).unflatten(1, self.shape)

    def decode(self, z: Tensor) -> Tensor:
        """z (B, latent) -> the means of p(x|z), pictures in 0..1."""
        return torch.sigmoid(self.logits(z))

    def drawn(self, mu: Tensor, log_v: Tensor) -> Tensor:
        """Codes z (B, latent) of q(z|x)."""
        return mu + (log_v / 2).exp() * torch.randn_like(mu) if self.variational else mu

    def forward(self, pictures: Tensor) -> Tensor:
        return self.decode(self.drawn(*self.encode(pictures)))

    def terms(self, pictures: Tensor) -> dict[str, Tensor]:
        """-log p(x|z), z drawn from q(z|x), and KL(q(z|x) || N(0, 1)), in nats a picture."""
        mu, log_v = self.encode(pictures)
        logits = self.logits(self.drawn(mu, log_v))
        reconstruction = binary_cross_entropy_with_logits(logits, pictures, reduction="sum") / len(pictures)
        if not self.variational:
            return {"loss": reconstruction, "reconstruction": reconstruction}
        kl = kl_to_standard_normal(mu, log_v).sum(1).mean()
        loss = reconstruction + self.beta * kl
        return {"loss": loss, "reconstruction": reconstruction, "kl": kl, "elbo": -reconstruction - kl}


def kl_to_standard_normal(mu: Tensor, log_v: Tensor) -> Tensor:
    """mu, log v, of one shape -> KL(N(mu, v) || N(0, 1)) in nats, of each component: (v - log v - 1 + mu^2)/2."""
    return (log_v.exp() - log_v - 1 + mu.square()) / 2
