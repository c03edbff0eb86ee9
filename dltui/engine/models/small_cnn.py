"""Three convolutions with batch normalisation and ReLU: a net for small pictures that is quick to train."""

from itertools import pairwise
from typing import Literal

from torch import Tensor, nn

from dltui.engine.layers.halving import halving


def build(
    *,
    width: int = 16,
    halved_by: Literal["stride", "pooling"] = "stride",
    channels: int = 3,
    size: int = 32,
    classes: int = 10,
) -> nn.Module:
    """A small convolutional net, each layer at half the size of the one before and twice as wide.

    width: channels of the first layer, at least 1.
    halved_by: how a layer halves the size: stride, it looks at every second pixel, which is quick; or max pooling.
    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 8.
    classes: number of classes, at least 2.
    """
    return SmallCNN(width, halved_by, channels, size, classes)


class SmallCNN(nn.Module):
    """(B, channels, size, size) -> logits (B, classes)."""

    def __init__(self, width: int, halved_by: str, channels: int, size: int, classes: int):
        super().__init__()
        widths = [channels, width, 2 * width, 4 * width]
        if halved_by == "pooling":
            layers, size = halving(widths), size // 8
        else:
            layers = []
            for ins, out in pairwise(widths):
                layers += [nn.Conv2d(ins, out, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(out), nn.ReLU()]
                size = (size + 1) // 2
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(4 * width * size * size, classes)

    def forward(self, pictures: Tensor) -> Tensor:
        maps = self.features(pictures)  # (B, 4 width, size / 8, size / 8)
        return self.head(maps.flatten(1))
