"""A convolutional encoder of pictures of any size, or of several pieces at once, with a linear head."""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d

from dltui.engine.layers.convolved import convolved


def build(
    *, width: int = 12, stride: int = 2, regions: int = 2, pieces: int = 1, channels: int = 1, outputs: int = 10
) -> nn.Module:
    """Three convolutions, averaged over regions of the picture: an embedding.

    width: channels of the first layer, doubled at each further one, at least 1.
    stride: of the first convolution, at least 1, at most 2: 1 for small pieces; the others halve the size.
    regions: the last maps are averaged over so many regions each way, at least 1; 1 forgets where things are.
    pieces: pieces of a picture that the head looks at together, at least 1; each passes through the same encoder.
    channels: channels of a picture, at least 1.
    outputs: numbers that the head gives, at least 1.
    """
    return Encoder(width, stride, regions, pieces, channels, outputs)


class Encoder(nn.Module):
    """Pictures (B, channels, H, W), or pieces of them (B, pieces, channels, h, w) -> (B, outputs)."""

    def __init__(self, width: int, stride: int, regions: int, pieces: int, channels: int, outputs: int):
        super().__init__()
        widths = (channels, width, 2 * width, 4 * width)
        strides = (stride, 2, 2)
        blocks = [convolved(*ends, step) for ends, step in zip(pairwise(widths), strides, strict=True)]
        self.body = nn.Sequential(*(layer for block in blocks for layer in block))
        self.regions = regions
        self.head = nn.Linear(pieces * 4 * width * regions**2, outputs)

    def embed(self, pictures: Tensor) -> Tensor:
        """(B, channels, H, W) -> embeddings (B, 4 width regions^2), at least 0."""
        return adaptive_avg_pool2d(self.body(pictures), self.regions).flatten(1)

    def forward(self, pictures: Tensor) -> Tensor:
        if pictures.dim() == 4:
            return self.head(self.embed(pictures))
        embeddings = self.embed(pictures.flatten(0, 1))  # (B pieces, d)
        return self.head(embeddings.unflatten(0, pictures.shape[:2]).flatten(1))
