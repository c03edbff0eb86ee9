"""What nets that classify regions have in common: regions to train on, their loss, and the boxes that come of them.

Girshick et al. 2014, "Rich feature hierarchies" (R-CNN); the loss is that of Girshick 2015, "Fast R-CNN".
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, smooth_l1_loss

from dltui.engine.layers.anchors import decode, encode, of_owners
from dltui.engine.layers.boxes import Boxes, iou, suppressed

HIT = 0.5  # IoU from which a region is one of an object


class Sampled(NamedTuple):
    """Regions to train on (B, R, 4), the object of each (B, R), -1 for none; its class (B, R) int64, 0 for none, and
    its box (B, R, 4)."""

    regions: Tensor
    owners: Tensor
    classes: Tensor
    boxes: Tensor


def sampled(regions: Tensor, objects: Tensor, count: int) -> Sampled:
    """Regions (B, K, 4), objects (B, M, 5) -> `count` of them and of the objects' own boxes, drawn at random: up to a
    half are those of objects. Nothing here waits for the host."""
    there = objects[..., 4] >= 0
    own = torch.where(there[..., None], objects[..., :4], regions[:, :1])  # (B, M, 4)
    every = torch.cat([regions, own], 1)
    overlap = iou(every[:, :, None], objects[:, None, :, :4]).masked_fill(~there[:, None], -1.0)
    best, owner = overlap.max(-1)  # (B, K + M)
    owner = owner.masked_fill(best < HIT, -1)
    drawn = torch.rand_like(best)
    hits = (drawn + (owner >= 0)).topk(count // 2, 1).indices
    others = (drawn + (owner < 0)).topk(count - count // 2, 1).indices
    chosen = torch.cat([hits, others], 1)  # (B, count); some twice where one kind is rare
    owner = owner.gather(1, chosen)
    boxes, classes = of_owners(owner, objects)
    return Sampled(every.gather(1, chosen[..., None].expand(-1, -1, 4)), owner, classes + 1, boxes)


def region_loss(logits: Tensor, offsets: Tensor, wanted: Sampled) -> Tensor:
    """Logits (B, R, 1 + classes) and offsets (B, R, 4) of sampled regions -> scalar: cross-entropy of all, and smooth
    L1 of the offsets of those that have an object."""
    of_class = cross_entropy(logits.flatten(0, 1), wanted.classes.flatten())
    hit = wanted.classes > 0
    goal = encode(torch.where(hit[..., None], wanted.boxes, wanted.regions), wanted.regions)
    of_box = smooth_l1_loss(offsets, goal, reduction="none").sum(-1)
    return of_class + (of_box * hit).sum() / hit.sum().clamp(min=1)


def of_regions(
    logits: Tensor, offsets: Tensor | None, regions: Tensor, size: int, min_score: float, nms_iou: float
) -> list[Boxes]:
    """Logits (N, K, 1 + classes), the background first, and offsets (N, K, 4) of regions (N, K, 4) -> the boxes of each
    picture of `size`, on the host. Offsets None: the regions as they are."""
    places = regions.expand(len(logits), -1, -1) if offsets is None else decode(offsets, regions)
    return suppressed(places, logits.softmax(-1)[..., 1:], size, min_score, nms_iou, most=places.shape[1])
