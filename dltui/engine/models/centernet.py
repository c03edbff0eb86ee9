"""CenterNet (Zhou, Wang, Krähenbühl 2019, "Objects as points", arXiv:1904.07850): an object is the peak at its middle.

A map of each class is hot where the middles of its objects are; at each cell there are also width and height, and where
in the cell the middle lies.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from dltui.engine.layers.boxes import Boxes, suppressed
from dltui.engine.layers.heat_maps import focal, gaussians, peaks, radii
from dltui.engine.layers.hourglass import Hourglass
from dltui.errors import DltuiError, ExitStatus

CELL = 4  # pixels of a side that a cell of the maps stands for
OFFSET = 1.0  # weight of the offsets
RARE = -2.19  # logit of heat at first: 0.1


def build(
    *,
    channels: int = 3,
    size: int = 64,
    classes: int = 3,
    width: int = 12,
    offsets: bool = True,
    peaks_only: bool = True,
    size_weight: float = 0.1,
) -> nn.Module:
    """Maps of a quarter of the size that know what coarser ones found; their peaks are the objects.

    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 16, a multiple of 16.
    classes: number of classes, at least 1.
    width: channels of the first maps, at least 1; deeper ones have up to four times as many.
    offsets: whether a cell tells where in it the middle lies; else that is the middle of the cell.
    peaks_only: whether a box is given by a cell alone that is at least as hot as its eight neighbours; else by any.
    size_weight: weight of width and height in the loss, which are in cells, at least 0.
    """
    if size % (4 * CELL):
        message = f"centernet takes pictures of whole cells of {4 * CELL} pixels; these have {size}."
        raise DltuiError(message, f"Set data.size to a multiple of {4 * CELL}.", ExitStatus.USAGE)
    return CenterNet(channels, size, classes, width, offsets, peaks_only, size_weight)


class Points(NamedTuple):
    """What cells give: heat (N, classes, h, w) as logits, places in the cell (N, 2, h, w), sides in cells (N, 2, h, w),
    x before y."""

    heat: Tensor
    offsets: Tensor
    sides: Tensor


def branch(inputs: int, outputs: int) -> nn.Sequential:
    """Layers (B, inputs, H, W) -> (B, outputs, H, W): each kind of output has its own (section 5.1 of the paper)."""
    return nn.Sequential(nn.Conv2d(inputs, inputs, 3, padding=1), nn.ReLU(), nn.Conv2d(inputs, outputs, 1))


class CenterNet(nn.Module):
    """Pictures (N, channels, size, size) -> Points. See contracts.models.Detector."""

    def __init__(
        self, channels: int, size: int, classes: int, width: int, offsets: bool, peaks_only: bool, size_weight: float
    ):
        super().__init__()
        self.size, self.classes, self.cells = size, classes, size // CELL
        self.with_offsets, self.peaks_only, self.size_weight = offsets, peaks_only, size_weight
        self.features = Hourglass(channels, width)
        self.heads = nn.ModuleList(branch(4 * width, outputs) for outputs in (classes, 2, 2))
        nn.init.constant_(self.heads[0][-1].bias.data, RARE)

    def forward(self, pictures: Tensor) -> Points:
        features = self.features(pictures)
        heat, offsets, sides = (head(features) for head in self.heads)
        return Points(heat, offsets if self.with_offsets else torch.full_like(offsets, 0.5), sides)

    def heat_maps(self, pictures: Tensor) -> dict[int | str, Tensor]:
        """The heat of each class, by its number (N, h, w)."""
        return dict(enumerate(self(pictures).heat.sigmoid().unbind(1)))

    def loss(self, pictures: Tensor, objects: Tensor) -> Tensor:
        """Pictures (N, channels, size, size), objects (N, M, 5) -> scalar, the mean over the objects."""
        return self.cost(self(pictures), objects)

    def cost(self, given: Points, objects: Tensor) -> Tensor:
        """The focal loss of the maps and, at the objects' middles, the absolute errors of offsets and sides."""
        of_class = objects[..., 4].long()  # (N, M)
        there = of_class >= 0
        middle = (objects[..., :2] + objects[..., 2:4]) / (2 * CELL)  # (N, M, 2), in cells
        sides = (objects[..., 2:4] - objects[..., :2]) / CELL
        cell = middle.long().clamp(0, self.cells - 1)
        sigma = (2 * radii(sides.clamp(min=0.1)) + 1) / 6
        wanted = gaussians(cell, sigma, of_class, self.classes, self.cells)
        place = (cell[..., 1] * self.cells + cell[..., 0])[:, None]  # (N, 1, M)
        offsets, lengths = (
            maps.flatten(2).gather(2, place.expand(-1, 2, -1)).transpose(1, 2) for maps in (given.offsets, given.sides)
        )  # (N, M, 2) both
        off = OFFSET * (offsets - (middle - cell)).abs() + self.size_weight * (lengths - sides).abs()
        return focal(given.heat, wanted) + off.sum(-1).where(there, 0.0).sum() / there.sum().clamp(min=1)

    def detect(self, pictures: Tensor, min_score: float, nms_iou: float) -> list[Boxes]:
        """Returns the boxes of each picture, on the host. With `nms_iou` 1 nothing is suppressed."""
        given = self(pictures)
        heat = given.heat.sigmoid()
        heat = peaks(heat) if self.peaks_only else heat
        at = torch.arange(self.cells, device=heat.device)
        corner = torch.stack([at.expand(self.cells, -1), at[:, None].expand(-1, self.cells)])  # (2, h, w): x, y
        middle, half = corner + given.offsets, given.sides / 2
        boxes = torch.cat([middle - half, middle + half], 1).flatten(2).transpose(1, 2) * CELL  # (N, h * w, 4)
        return suppressed(boxes, heat.flatten(2).transpose(1, 2), self.size, min_score, nms_iou)
