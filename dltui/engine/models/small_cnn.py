"""Three convolutions with batch normalisation and ReLU: quick to train on small pictures, and on sounds as such."""

from itertools import pairwise
from typing import Literal

from torch import Tensor, nn

from dltui.engine.layers.convolved import convolved
from dltui.engine.layers.log_mel import LogMel


def build(
    *,
    width: int = 16,
    halved_by: Literal["stride", "pooling"] = "stride",
    channels: int = 3,
    size: int = 32,
    classes: int = 10,
    rate: int = 0,
    shift: int = 2,
) -> nn.Module:
    """A small convolutional net, each layer at half the size of the one before and twice as wide.

    width: channels of the first layer, at least 1.
    halved_by: how a layer halves the size: stride, it looks at every second pixel, which is quick; or max pooling.
    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 8; of a sound the bands of its mel spectrogram.
    classes: number of classes, at least 2.
    rate: samples of a sound a second, at least 0; 0 where rows are pictures.
    shift: bands that a sound is moved up or down at most in training, as by a shorter or longer throat, at least 0,
        at most 8; and as many times two steps earlier or later.
    """
    net = SmallCNN(width, halved_by, 1 if rate else channels, size, classes)
    return nn.Sequential(LogMel(rate, size, shift), net) if rate else net


class SmallCNN(nn.Module):
    """(B, channels, size, size) -> logits (B, classes)."""

    def __init__(self, width: int, halved_by: str, channels: int, size: int, classes: int):
        super().__init__()
        layers: list[nn.Module] = []
        for ins, out in pairwise((channels, width, 2 * width, 4 * width)):
            if halved_by == "pooling":
                layers, size = [*layers, *convolved(ins, out), nn.MaxPool2d(2)], size // 2
            else:
                layers, size = [*layers, *convolved(ins, out, stride=2)], (size + 1) // 2
        self.features = nn.Sequential(*layers)
        self.head = nn.Linear(4 * width * size * size, classes)

    def forward(self, pictures: Tensor) -> Tensor:
        maps = self.features(pictures)  # (B, 4 width, size / 8, size / 8)
        return self.head(maps.flatten(1))
