"""Fast R-CNN (Girshick 2015, arXiv:1504.08083): the whole picture goes through the convolutions once, and what its map
shows in each region is pooled to one size."""

from typing import Literal

from torch import Tensor, nn

from dltui.engine.layers.boxes import Boxes
from dltui.engine.layers.convolved import convolved
from dltui.engine.layers.proposals import proposals
from dltui.engine.layers.regions import of_regions, region_loss, sampled
from dltui.engine.layers.roi_align import roi_align, roi_pool

STRIDE = 4  # pixels of a cell of the map


def build(
    *,
    channels: int = 3,
    classes: int = 3,
    width: int = 8,
    regions: int = 32,
    rois: Literal["pool", "align"] = "pool",
    bins: int = 4,
    sample: int = 8,
) -> nn.Module:
    """One map of the picture, a vector for each region of it, and of that its class and the offsets of its box.

    channels: channels of a picture, at least 1.
    classes: number of classes, at least 1.
    width: channels of the first maps, doubled at each halving, at least 1.
    regions: regions that selective search proposes for a picture, at least 1.
    rois: pool, the greatest value of each bin, rounded to cells; align, interpolated.
    bins: rows and columns that each region is brought to, at least 1, at most 16.
    sample: regions of a picture that a training step looks at, at least 2.
    """
    return FastRCNN(channels, classes, width, regions, rois, (bins, sample))


class FastRCNN(nn.Module):
    """Pictures (N, channels, size, size) and regions (N, K, 4), those proposed where none are given -> logits
    (N, K, 1 + classes), the first for no object, and offsets (N, K, 4). See contracts.models.RegionDetector."""

    def __init__(self, channels: int, classes: int, width: int, regions: int, rois: str, numbers: tuple[int, int]):
        super().__init__()
        self.count, self.rois, self.classes = regions, rois, classes
        self.bins, self.sample = numbers
        self.trunk = trunk(channels, width)
        self.head = region_head(4 * width, self.bins, classes)

    def proposals(self, pictures: Tensor) -> Tensor:
        """Pictures (N, channels, size, size) -> regions (N, K, 4)."""
        return proposals(pictures, self.count)

    def forward(self, pictures: Tensor, regions: Tensor | None = None) -> tuple[Tensor, Tensor]:
        regions = self.proposals(pictures) if regions is None else regions
        pooled = (roi_pool if self.rois == "pool" else roi_align)(self.trunk(pictures), regions, self.bins, STRIDE)
        return self.head(pooled).split([1 + self.classes, 4], -1)

    def loss(self, pictures: Tensor, objects: Tensor, proposals: Tensor) -> Tensor:
        """Pictures (B, channels, size, size), objects (B, M, 5), proposals (B, K, 4) -> scalar."""
        wanted = sampled(proposals, objects, self.sample)
        return region_loss(*self(pictures, wanted.regions), wanted)

    def detect(self, pictures: Tensor, min_score: float, nms_iou: float) -> list[Boxes]:
        """Returns the boxes of each picture, on the host."""
        regions = self.proposals(pictures)
        return of_regions(*self(pictures, regions), regions, pictures.shape[-1], min_score, nms_iou)


def trunk(channels: int, width: int) -> nn.Sequential:
    """Pictures (N, channels, size, size) -> maps (N, 4 width, size / STRIDE, size / STRIDE)."""
    return nn.Sequential(
        *convolved(channels, width), nn.MaxPool2d(2), *convolved(width, 2 * width), nn.MaxPool2d(2),
        *convolved(2 * width, 4 * width), *convolved(4 * width, 4 * width),
    )  # fmt: skip


def region_head(maps: int, bins: int, classes: int) -> nn.Sequential:
    """Maps of regions (N, K, maps, bins, bins) -> scores, the first for no object, and offsets (N, K, 5 + classes)."""
    return nn.Sequential(nn.Flatten(2), nn.Linear(maps * bins**2, 64), nn.ReLU(), nn.Linear(64, 1 + classes + 4))
