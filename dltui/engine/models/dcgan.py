"""The two convolutional nets of a DCGAN (Radford, Metz, Chintala 2016, arXiv:1511.06434)."""

from typing import Literal

from torch import Tensor, nn

from dltui.errors import DltuiError, ExitStatus

KERNEL = {"kernel_size": 4, "stride": 2, "padding": 1}  # halves a size, or doubles it
SPREAD = 0.02  # standard deviation of the first weights


def build(
    *,
    part: Literal["generator", "discriminator"] = "generator",
    latent: int = 100,
    width: int = 64,
    channels: int = 1,
    size: int = 28,
) -> nn.Module:
    """Strided convolutions with batch normalisation, but for the discriminator's first and the generator's last.

    part: generator: of noise a picture by transposed convolutions; discriminator: of a picture a logit.
    latent: numbers of the generator's noise, at least 1.
    width: channels at half the picture's size, at least 1; twice as many at a quarter of it.
    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, a multiple of 4, at least 8.
    """
    if size % 4:
        message = f"dcgan halves pictures twice; these have {size} pixels."
        raise DltuiError(message, "Take a data.size that 4 divides.", ExitStatus.USAGE)
    net = Generator(latent, width, channels, size) if part == "generator" else Discriminator(width, channels, size)
    return net.apply(first_weights)


def first_weights(layer: nn.Module) -> None:
    """Draws the weights of convolutions and linear layers from N(0, 0.02), as the paper does."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(layer.weight, 0.0, SPREAD)


class Generator(nn.Module):
    """Noise (B, latent) -> pictures (B, channels, size, size) in -1..1."""

    def __init__(self, latent: int, width: int, channels: int, size: int):
        super().__init__()
        self.latent, self.shape = latent, (2 * width, size // 4, size // 4)
        self.project = nn.Linear(latent, 2 * width * (size // 4) ** 2, bias=False)
        self.layers = nn.Sequential(
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * width, width, **KERNEL, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.ConvTranspose2d(width, channels, **KERNEL),
            nn.Tanh(),
        )

    def forward(self, z: Tensor) -> Tensor:
        maps = self.project(z).unflatten(1, self.shape)  # (B, 2 width, size / 4, size / 4)
        return self.layers(maps)


class Discriminator(nn.Module):
    """Pictures (B, channels, size, size), or each as a row -> logits (B, 1)."""

    def __init__(self, width: int, channels: int, size: int):
        super().__init__()
        self.shape = channels, size, size
        self.layers = nn.Sequential(
            nn.Conv2d(channels, width, **KERNEL),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, **KERNEL, bias=False),
            nn.BatchNorm2d(2 * width),
            nn.LeakyReLU(0.2),
        )
        self.head = nn.Linear(2 * width * (size // 4) ** 2, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        maps = self.layers(pictures.reshape(-1, *self.shape))  # (B, 2 width, size / 4, size / 4)
        return self.head(maps.flatten(1))
