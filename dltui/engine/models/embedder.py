"""A convolutional net that gives a few numbers for a picture: its embedding (Bromley et al. 1993)."""

from torch import Tensor, nn

from dltui.engine.layers.halving import halving


def build(*, channels: int = 1, size: int = 28, width: int = 16, embedding: int = 32) -> nn.Module:
    """Three blocks of convolution, then a linear layer.

    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 8.
    width: channels of the first block; the others have twice and three times as many; at least 1.
    embedding: numbers that stand for a picture, at least 2.
    """
    return Embedder(channels, size, width, embedding)


class Embedder(nn.Module):
    """Pictures (B, channels, size, size) -> embeddings (B, embedding), of any length."""

    def __init__(self, channels: int, size: int, width: int, embedding: int):
        super().__init__()
        widths = [channels, width, 2 * width, 3 * width]
        self.features = nn.Sequential(*halving(widths))  # (B, 3 width, size / 8, size / 8)
        self.head = nn.Linear(widths[-1] * (size // 8) ** 2, embedding)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.head(self.features(pictures).flatten(1))
