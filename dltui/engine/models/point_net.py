"""Points in pictures: an hourglass of convolutions (Newell et al. 2016, arXiv:1603.06937), read out in two ways."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from dltui.engine.layers.soft_argmax import soft_argmax


def build(
    *,
    channels: int = 3,
    size: int = 48,
    points: int = 4,
    width: int = 8,
    head: Literal["heatmaps", "dense"] = "heatmaps",
) -> nn.Module:
    """Three halvings and two doublings, then a place for each point.

    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, a multiple of 8.
    points: points to be found, at least 1.
    width: channels of the first maps, doubled at each halving, at least 1.
    head: heatmaps, a map for each point and the mean place under it; dense, one linear layer from all values.
    """
    return PointNet(channels, size, points, width, head)


class PointNet(nn.Module):
    """(B, channels, size, size) -> points (B, points, 2): x and y in parts of the picture's side, 0 left and above."""

    def __init__(self, channels: int, size: int, points: int, width: int, head: str):
        super().__init__()
        self.points, self.heated = points, head == "heatmaps"
        self.to_half = convolved(channels, width, 2)
        self.to_quarter = convolved(width, 2 * width, 2)
        self.to_eighth = nn.Sequential(convolved(2 * width, 4 * width, 2), convolved(4 * width, 4 * width))
        self.join_quarter = convolved(6 * width, 2 * width)
        self.join_half = convolved(3 * width, 2 * width)
        if self.heated:
            self.head: nn.Module = nn.Conv2d(2 * width, points, 1)
        else:
            self.head = nn.Linear(2 * width * (size // 2) ** 2, 2 * points)

    def features(self, pictures: Tensor) -> Tensor:
        """(B, channels, size, size) -> (B, 2 width, size / 2, size / 2)."""
        half = self.to_half(pictures)  # (B, width, size / 2, size / 2)
        quarter = self.to_quarter(half)
        maps = self.join_quarter(torch.cat([quarter, doubled(self.to_eighth(quarter))], 1))
        return self.join_half(torch.cat([half, doubled(maps)], 1))

    def found(self, pictures: Tensor) -> tuple[Tensor, Tensor | None]:
        """What `forward` gives, and the heat maps (B, points, size / 2, size / 2) where the net has any."""
        maps = self.features(pictures)
        if self.heated:
            return soft_argmax(self.head(maps))
        return self.head(maps.flatten(1)).view(-1, self.points, 2) + 0.5, None

    def forward(self, pictures: Tensor) -> Tensor:
        return self.found(pictures)[0]


def convolved(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    """A 3x3 convolution, normalised and rectified."""
    convolution = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs), nn.ReLU())


def doubled(maps: Tensor) -> Tensor:
    return interpolate(maps, scale_factor=2.0)
