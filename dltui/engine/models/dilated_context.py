"""A context module of dilated convolutions (Yu and Koltun 2016, "Multi-scale context aggregation by dilated
convolutions", arXiv:1511.07122)."""

from typing import Literal

from torch import Tensor, nn

from dltui.engine.layers.convolved import convolved


def build(
    *,
    channels: int = 3,
    classes: int = 2,
    width: int = 8,
    dilations: list[int] = (1, 1, 2, 4, 8, 16, 1),
    start: Literal["identity", "random"] = "identity",
) -> nn.Module:
    """A convolution at the picture's size, a context module that keeps this size, and a class for every pixel.

    channels: channels of a picture, at least 1.
    classes: number of classes, at least 2.
    width: channels of the maps, at least 1.
    dilations: pixels from tap to tap of each 3x3 convolution of the module, each at least 1; none: no module.
    start: identity, each of them begins by handing on what it is given; random, as usual.
    """
    return DilatedContext(channels, classes, width, list(dilations), start)


class DilatedContext(nn.Module):
    """(B, channels, H, W) -> logits (B, classes, H, W)."""

    def __init__(self, channels: int, classes: int, width: int, dilations: list[int], start: str):
        super().__init__()
        self.front = nn.Sequential(*convolved(channels, width))
        self.context = nn.Sequential(*(dilated(width, d, start) for d in dilations))
        self.classifier = nn.Conv2d(width, classes, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.classifier(self.context(self.front(pictures)))


def dilated(width: int, d: int, start: str) -> nn.Module:
    """A 3x3 convolution whose taps are d pixels apart, which keeps the size; normalised, unlike the paper's."""
    convolution = nn.Conv2d(width, width, 3, padding=d, dilation=d, bias=False)
    if start == "identity":
        nn.init.dirac_(convolution.weight)  # 1 in the middle from channel c to channel c, else 0
    else:
        nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
    return nn.Sequential(convolution, nn.BatchNorm2d(width), nn.ReLU())
