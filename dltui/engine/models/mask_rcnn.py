"""Mask R-CNN (He et al. 2017, arXiv:1703.06870): Faster R-CNN, and for each box a mask of each class, of sigmoids."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, grid_sample

from dltui.engine.layers.boxes import Boxes
from dltui.engine.layers.roi_align import roi_align, roi_pool
from dltui.engine.models.fast_rcnn import STRIDE
from dltui.engine.models.faster_rcnn import FasterRCNN, shapes

BINS = 8  # rows and columns of what a box shows of the map; its masks have twice as many


def build(
    *,
    channels: int = 3,
    size: int = 64,
    classes: int = 3,
    width: int = 8,
    regions: int = 32,
    bins: int = 4,
    sample: int = 16,
    rois: Literal["align", "pool"] = "align",
    scales: list[float] = (0.2, 0.3, 0.4),
    ratios: list[float] = (0.5, 1.0, 2.0),
) -> nn.Module:
    """A Faster R-CNN with one more head.

    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 16; in steps of 4.
    classes: number of classes, at least 1.
    width: channels of the first maps, doubled at each halving, at least 1.
    regions: proposals of a picture that are classified, at least 1.
    bins: rows and columns that each region is brought to for its class, at least 1, at most 16.
    sample: regions of a picture that a training step looks at, at least 2.
    rois: of what a mask is made: align, interpolated; pool, rounded to cells.
    scales: sides of the anchors, as shares of the picture's, above 0.
    ratios: of an anchor's height to its width, above 0.
    """
    boxes = FasterRCNN((channels, size, classes), width, (regions, bins, sample), shapes(size, scales, ratios))
    return MaskRCNN(boxes, 4 * width, classes, rois)


class MaskRCNN(nn.Module):
    """Pictures (N, channels, size, size) -> proposals (N, K, 4), and of each logits (N, K, 1 + classes), offsets
    (N, K, 4) and masks' logits (N, K, classes, 2 BINS, 2 BINS). See contracts.models.MaskDetector."""

    def __init__(self, boxes: FasterRCNN, maps: int, classes: int, rois: str):
        super().__init__()
        self.boxes, self.rois = boxes, rois
        self.mask_head = nn.Sequential(
            nn.Conv2d(maps, maps, 3, padding=1), nn.ReLU(), nn.Conv2d(maps, maps, 3, padding=1), nn.ReLU(),
            nn.ConvTranspose2d(maps, maps, 2, stride=2), nn.ReLU(), nn.Conv2d(maps, classes, 1),
        )  # fmt: skip

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        regions, logits, offsets = self.boxes(pictures)
        return regions, logits, offsets, self.mask_logits(self.boxes.trunk(pictures), regions)

    def mask_logits(self, maps: Tensor, boxes: Tensor) -> Tensor:
        """Maps (N, C, S, S) and boxes (N, K, 4) -> logits of each class's mask (N, K, classes, 2 BINS, 2 BINS)."""
        rois = (roi_align if self.rois == "align" else roi_pool)(maps, boxes, BINS, STRIDE)
        return self.mask_head(rois.flatten(0, 1)).unflatten(0, boxes.shape[:2])

    def loss(self, pictures: Tensor, objects: Tensor, masks: Tensor) -> Tensor:
        """Pictures (B, channels, size, size), objects (B, M, 5), masks (B, M, size, size) -> scalar: that of the boxes,
        and the cross-entropy of the pixels of the true class's mask in each region that holds an object."""
        maps, size = self.boxes.trunk(pictures), pictures.shape[-1]
        of_boxes, wanted = self.boxes.losses(maps, objects, size)
        half = wanted.regions.shape[1] // 2  # among which those with an object are
        regions, owner, classes = (part[:, :half] for part in wanted[:3])
        hit = classes > 0
        logits = self.mask_logits(maps, regions)  # (B, K, classes, side, side)
        side = logits.shape[-1]
        of_class = (classes - 1).clamp(min=0)[:, :, None, None, None].expand(-1, -1, 1, side, side)
        logits = logits.gather(2, of_class)[:, :, 0]  # (B, K, side, side)
        own = masks.gather(1, owner.clamp(min=0)[:, :, None, None].expand(-1, -1, size, size))
        shown = roi_align(own.flatten(0, 1)[:, None].to(logits.dtype), regions.flatten(0, 1)[:, None], side, samples=1)
        goal = (shown.view_as(logits) >= 0.5).to(logits.dtype)
        of_pixels = binary_cross_entropy_with_logits(logits, goal, reduction="none").mean((2, 3))
        return of_boxes + (of_pixels * hit).sum() / hit.sum().clamp(min=1)

    def detect(self, pictures: Tensor, min_score: float, nms_iou: float) -> list[Boxes]:
        """Returns the boxes of each picture, on the host."""
        return self.boxes.detect(pictures, min_score, nms_iou)

    def masks(self, pictures: Tensor, boxes: list[Boxes]) -> list[Tensor]:
        """Pictures (N, channels, size, size) and the boxes of each -> their masks (K, size, size) bool, on the host."""
        maps, size = self.boxes.trunk(pictures), pictures.shape[-1]
        found = []
        for row, one in enumerate(boxes):
            if not len(one.boxes):
                found.append(torch.zeros(0, size, size, dtype=torch.bool))
                continue
            places = one.boxes.to(maps.device)
            logits = self.mask_logits(maps[row : row + 1], places[None])[0]  # (K, classes, side, side)
            own = logits[torch.arange(len(logits)), one.classes.to(maps.device)]
            found.append((pasted(own.sigmoid(), places, size) >= 0.5).cpu())
        return found


def pasted(masks: Tensor, boxes: Tensor, size: int) -> Tensor:
    """Masks (K, side, side) that fill boxes (K, 4) -> as they lie in a picture (K, size, size), 0 beside them."""
    at = torch.arange(size, device=boxes.device) + 0.5
    sides = (boxes[:, 2:] - boxes[:, :2]).clamp(min=1e-3)
    x, y = ((at - boxes[:, axis, None]) / sides[:, axis, None] * 2 - 1 for axis in (0, 1))  # (K, size), -1..1 in it
    inside = (x.abs() <= 1)[:, None] & (y.abs() <= 1)[:, :, None]
    grid = torch.stack([x[:, None].expand(-1, size, -1), y[:, :, None].expand(-1, -1, size)], -1)
    values = grid_sample(masks[:, None], grid.to(masks.dtype), padding_mode="border", align_corners=False)[:, 0]
    return values * inside
