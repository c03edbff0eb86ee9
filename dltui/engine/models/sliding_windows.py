"""Detection by sliding windows (as of Viola and Jones 2001, and Dalal and Triggs 2005): a classifier looks at every
window of every size; those that it is sure of, and no better one covers, are the boxes."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.layers.boxes import Boxes
from dltui.engine.layers.convolved import convolved
from dltui.engine.layers.regions import of_regions, sampled
from dltui.engine.layers.roi_align import roi_align


def build(
    *,
    channels: int = 3,
    size: int = 64,
    classes: int = 3,
    width: int = 8,
    sides: list[float] = (0.18, 0.24, 0.31, 0.4),
    stride: int = 4,
    crop: int = 16,
    sample: int = 24,
) -> nn.Module:
    """A small convolutional classifier of windows, each brought to one size.

    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 16.
    classes: number of classes, at least 1.
    width: channels of the first maps, doubled at each halving, at least 1.
    sides: of the windows, as shares of the picture's, above 0.
    stride: pixels from one window to the next of its size, at least 1.
    crop: height and width to which a window is brought, in pixels, at least 8.
    sample: windows of a picture that a training step looks at, at least 2.
    """
    return SlidingWindows((channels, size, classes), width, windows(size, sides, stride), (crop, sample))


def windows(size: int, sides: list[float], stride: int) -> Tensor:
    """Returns all windows of a picture (W, 4), in pixels: of a side of w pixels (floor((size - w) / stride) + 1)^2."""
    every = []
    for share in sides:
        side = min(size, round(share * size))
        start = torch.arange(0, size - side + 1, stride, dtype=torch.float32)
        corner = torch.stack(torch.meshgrid(start, start, indexing="xy"), -1).view(-1, 2)  # x, y
        every.append(torch.cat([corner, corner + side], 1))
    return torch.cat(every)


class SlidingWindows(nn.Module):
    """Pictures (N, channels, size, size) and windows (N, K, 4), all where none are given -> logits (N, K, 1 + classes),
    the first for no object. See contracts.models.Detector."""

    def __init__(self, facts: tuple[int, int, int], width: int, windows: Tensor, numbers: tuple[int, int]):
        super().__init__()
        channels, _, classes = facts
        self.crop, self.sample = numbers
        self.register_buffer("windows", windows, persistent=False)  # (W, 4)
        self.classifier = nn.Sequential(
            *convolved(channels, width), nn.MaxPool2d(2), *convolved(width, 2 * width), nn.MaxPool2d(2),
            *convolved(2 * width, 4 * width), nn.Flatten(), nn.Linear(4 * width * (self.crop // 4) ** 2, 64), nn.ReLU(),
            nn.Linear(64, 1 + classes),
        )  # fmt: skip

    def forward(self, pictures: Tensor, windows: Tensor | None = None) -> Tensor:
        windows = self.windows.expand(len(pictures), -1, -1) if windows is None else windows
        crops = roi_align(pictures, windows, self.crop, samples=1)  # (N, K, channels, crop, crop)
        return self.classifier(crops.flatten(0, 1)).view(*windows.shape[:2], -1)

    def loss(self, pictures: Tensor, objects: Tensor) -> Tensor:
        """Pictures (B, channels, size, size), objects (B, M, 5) -> scalar: cross-entropy of some windows of each."""
        wanted = sampled(self.windows.expand(len(pictures), -1, -1), objects, self.sample)
        return cross_entropy(self(pictures, wanted.regions).flatten(0, 1), wanted.classes.flatten())

    def detect(self, pictures: Tensor, min_score: float, nms_iou: float) -> list[Boxes]:
        """Returns the boxes of each picture, on the host: windows, of which each class keeps the best."""
        found = []
        for one in pictures.split(1):  # all windows of many pictures would not fit
            found += of_regions(self(one), None, self.windows[None], one.shape[-1], min_score, nms_iou)
        return found
