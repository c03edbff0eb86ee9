"""Faster R-CNN (Ren et al. 2015, arXiv:1506.01497): a small net on the map proposes the regions (RPN), which are then
pooled out of the same map and classified."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, smooth_l1_loss

from dltui.engine.layers.anchors import NONE, anchors, decode, encode, matched, of_owners
from dltui.engine.layers.boxes import Boxes, nms
from dltui.engine.layers.regions import Sampled, of_regions, region_loss, sampled
from dltui.engine.layers.roi_align import roi_align
from dltui.engine.models.fast_rcnn import STRIDE, region_head, trunk

POSITIVE, NEGATIVE = 0.6, 0.3  # IoU of an anchor that is to find an object at least, and of one that is to find none
ASKED = 64  # anchors of a picture whose objectness a training step asks for; the paper: 256
BEST = 100  # proposals before suppression
APART = 0.7  # IoU above which the worse of two proposals is removed


def build(
    *,
    channels: int = 3,
    size: int = 64,
    classes: int = 3,
    width: int = 8,
    regions: int = 32,
    bins: int = 4,
    sample: int = 16,
    scales: list[float] = (0.2, 0.3, 0.4),
    ratios: list[float] = (0.5, 1.0, 2.0),
) -> nn.Module:
    """One map of the picture: anchors at each cell, the best of which are classified and moved once more.

    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 16; in steps of 4.
    classes: number of classes, at least 1.
    width: channels of the first maps, doubled at each halving, at least 1.
    regions: proposals of a picture that are classified, at least 1.
    bins: rows and columns that each region is brought to, at least 1, at most 16.
    sample: regions of a picture that a training step classifies, at least 2.
    scales: sides of the anchors, as shares of the picture's, above 0.
    ratios: of an anchor's height to its width, above 0.
    """
    return FasterRCNN((channels, size, classes), width, (regions, bins, sample), shapes(size, scales, ratios))


def shapes(size: int, scales: Sequence[float], ratios: Sequence[float]) -> list[tuple[float, float]]:
    """Returns width and height in pixels of each anchor at a cell: of one scale all have the same area."""
    return [(size * scale / ratio**0.5, size * scale * ratio**0.5) for scale in scales for ratio in ratios]


class FasterRCNN(nn.Module):
    """Pictures (N, channels, size, size) -> the surest proposals (N, BEST, 4), many alike, and of each logits (N, BEST,
    1 + classes), the first for no object, and offsets (N, BEST, 4). See contracts.models.Detector."""

    def __init__(
        self, facts: tuple[int, int, int], width: int, numbers: tuple[int, int, int], shapes: list[tuple[float, float]]
    ):
        super().__init__()
        channels, size, self.classes = facts
        self.count, self.bins, self.sample = numbers
        maps = 4 * width
        self.trunk = trunk(channels, width)
        self.rpn = nn.Sequential(nn.Conv2d(maps, maps, 3, padding=1), nn.ReLU(), nn.Conv2d(maps, 5 * len(shapes), 1))
        self.head = region_head(maps, self.bins, self.classes)
        self.register_buffer("anchors", anchors(size, [(size // STRIDE, shapes)]), persistent=False)  # (A, 4)

    def objectness(self, maps: Tensor) -> tuple[Tensor, Tensor]:
        """Maps (N, C, S, S) -> of each anchor whether it holds an object, logits (N, A), and offsets (N, A, 4)."""
        given = self.rpn(maps).permute(0, 2, 3, 1).reshape(maps.shape[0], -1, 5)
        return given[..., 0], given[..., 1:]

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        maps = self.trunk(pictures)
        regions, _ = self.surest(maps, pictures.shape[-1])
        return regions, *self.classified(maps, regions)

    def surest(self, maps: Tensor, size: int) -> tuple[Tensor, Tensor]:
        """Maps (N, C, S, S) -> the BEST anchors by their objectness, moved by their offsets (N, BEST, 4), and it."""
        objectness, offsets = self.objectness(maps)
        scores, best = objectness.topk(min(BEST, objectness.shape[1]), 1)
        best = best[..., None].expand(-1, -1, 4)
        anchors = self.anchors.expand(maps.shape[0], -1, -1).gather(1, best)
        return decode(offsets.gather(1, best), anchors).clamp(0, size), scores

    def classified(self, maps: Tensor, regions: Tensor) -> tuple[Tensor, Tensor]:
        """Maps (N, C, S, S) and regions (N, K, 4) -> logits and offsets."""
        return self.head(roi_align(maps, regions, self.bins, STRIDE)).split([1 + self.classes, 4], -1)

    # -- training --------------------------------------------------------------------------------------------------

    def loss(self, pictures: Tensor, objects: Tensor) -> Tensor:
        """Pictures (B, channels, size, size), objects (B, M, 5) -> scalar: that of the proposals and of the classes."""
        return self.losses(self.trunk(pictures), objects, pictures.shape[-1])[0]

    def losses(self, maps: Tensor, objects: Tensor, size: int) -> tuple[Tensor, Sampled]:
        """Maps (B, C, S, S), objects (B, M, 5) -> the loss, a scalar, and the regions that were classified for it."""
        objectness, offsets = self.objectness(maps)
        proposed = decode(offsets.detach(), self.anchors).clamp(0, size)
        best = objectness.topk(min(BEST, objectness.shape[1]), 1).indices
        wanted = sampled(proposed.gather(1, best[..., None].expand(-1, -1, 4)), objects, self.sample)
        of_regions = region_loss(*self.classified(maps, wanted.regions), wanted)
        return self._proposal_loss(objectness, offsets, objects) + of_regions, wanted

    def _proposal_loss(self, objectness: Tensor, offsets: Tensor, objects: Tensor) -> Tensor:
        """Objectness of the anchors that hold an object and of as many others as make ASKED, drawn at random; and the
        offsets of the first."""
        owner = matched(self.anchors, objects, POSITIVE, NEGATIVE)  # (B, A)
        boxes, classes = of_owners(owner, objects)
        hit = classes >= 0
        drawn = torch.rand_like(objectness)
        rank = (drawn + hit).masked_fill(owner < NONE, -1.0).topk(min(ASKED, drawn.shape[1]), 1)
        held = hit.gather(1, rank.indices).to(objectness.dtype)
        of_object = binary_cross_entropy_with_logits(objectness.gather(1, rank.indices), held)
        goal = encode(torch.where(hit[..., None], boxes, self.anchors), self.anchors)
        of_box = smooth_l1_loss(offsets, goal, reduction="none").sum(-1)
        return of_object + (of_box * hit).sum() / hit.sum().clamp(min=1)

    # -- detection -------------------------------------------------------------------------------------------------

    def proposed(self, pictures: Tensor) -> Tensor:
        """Pictures (N, channels, size, size) -> the best proposals (N, K, 4), those alike removed; where there are
        fewer, the whole picture."""
        return self.best(self.trunk(pictures), pictures.shape[-1])

    def best(self, maps: Tensor, size: int) -> Tensor:
        """As `proposed`, of maps."""
        places, scores = (part.cpu() for part in self.surest(maps, size))
        found = places.new_tensor([0, 0, size, size]).repeat(len(maps), self.count, 1)
        of_one_class = torch.zeros_like(scores[0]).long()
        for row, (boxes, sure) in enumerate(zip(places, scores, strict=True)):
            kept = boxes[nms(Boxes(boxes, of_one_class, sure), APART)[: self.count]]
            found[row, : len(kept)] = kept
        return found.to(maps.device)

    def detect(self, pictures: Tensor, min_score: float, nms_iou: float) -> list[Boxes]:
        """Returns the boxes of each picture, on the host."""
        maps, size = self.trunk(pictures), pictures.shape[-1]
        regions = self.best(maps, size)
        return of_regions(*self.classified(maps, regions), regions, size, min_score, nms_iou)
