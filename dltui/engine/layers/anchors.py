"""Anchors: boxes of fixed shapes at each cell of several maps; which object each is to find, and how far it is off.

Liu et al. 2016, "SSD: single shot multibox detector", arXiv:1512.02325; Ren et al. 2015, "Faster R-CNN".
"""

from collections.abc import Sequence
from math import log

import torch
from torch import Tensor

from dltui.engine.layers.boxes import iou

NONE, IGNORED = -1, -2  # of an anchor: it is to find nothing; it is not asked
VARIANCES = (0.1, 0.1, 0.2, 0.2)  # SSD's: what offsets of the middle and of the sides are divided by
LONGEST = log(1000 / 16)  # of a side's logarithm: a side that is predicted cannot overflow


def anchors(size: int, maps: Sequence[tuple[int, Sequence[tuple[float, float]]]]) -> Tensor:
    """Returns x1, y1, x2, y2 (K, 4) in pixels of a picture of `size`: map by map, row by row, at each cell all shapes.

    maps: of each map its cells on a side, and the shapes at a cell, width and height in pixels.
    """
    boxes = []
    for cells, shapes in maps:
        at = (torch.arange(cells) + 0.5) * (size / cells)
        middle = torch.stack([at.expand(cells, cells), at[:, None].expand(cells, cells)], -1)[:, :, None]  # x, y
        half = torch.tensor(shapes, dtype=torch.float32).view(-1, 2) / 2
        boxes.append(torch.cat([middle - half, middle + half], -1).view(-1, 4))
    return torch.cat(boxes)


def matched(anchors: Tensor, objects: Tensor, positive: float = 0.5, negative: float | None = None) -> Tensor:
    """Anchors (K, 4), objects (B, M, 5) with class -1 for none -> the object that each is to find (B, K) int64.

    It is the one of the greatest IoU, if that is at least `positive`; NONE below `negative` (if not given: `positive`),
    IGNORED between the two. But before that each object takes an anchor of its own, the pair of the greatest IoU first,
    whatever that IoU is: none goes without. Nothing here waits for the host.
    """
    overlap = iou(anchors[None, :, None], objects[:, None, :, :4])  # (B, K, M)
    overlap = overlap.masked_fill(objects[:, None, :, 4] < 0, -1.0)
    best, owner = overlap.max(-1)  # (B, K)
    owner = owner.masked_fill(best < positive, IGNORED)
    owner = owner.masked_fill(best < (positive if negative is None else negative), NONE)
    B, K, M = overlap.shape
    room = min(K, M)  # of an object's anchors: others take fewer
    overlap, candidates = overlap.transpose(1, 2).topk(room, dim=2)  # (B, M, room) each
    for _ in range(room):
        most, pair = overlap.flatten(1).max(1, keepdim=True)  # (B, 1): an object and one of its anchors in one number
        anchor, number = candidates.flatten(1).gather(1, pair), pair // room
        there = most >= 0  # else all objects have one, and the rest is padding
        owner = torch.where(there, owner.scatter(1, anchor, number), owner)
        overlap = overlap.masked_fill(candidates == anchor[..., None], -1.0)
        overlap = overlap.scatter(1, number[..., None].expand(B, 1, room), -1.0)
    return owner


def of_owners(owner: Tensor, objects: Tensor) -> tuple[Tensor, Tensor]:
    """Owners (B, K), objects (B, M, 5) -> the boxes (B, K, 4) and classes (B, K) int64; class -1 without an object."""
    rows = objects.gather(1, owner.clamp(min=0)[..., None].expand(*owner.shape, 5))
    return rows[..., :4], rows[..., 4].long().masked_fill(owner < 0, -1)


def encode(boxes: Tensor, anchors: Tensor, variances: Sequence[float] = VARIANCES) -> Tensor:
    """Boxes (..., 4) and anchors (..., 4) -> offsets (..., 4): (x - x_a) / w_a, (y - y_a) / h_a, log(w / w_a),
    log(h / h_a), each divided by its variance. No side is taken as shorter than a thousandth of a pixel."""
    middle, sides = _middle(boxes)
    at, of = _middle(anchors)
    offsets = torch.cat([(middle - at) / of, (sides.clamp(min=1e-3) / of).log()], -1)
    return offsets / offsets.new_tensor(variances)


def decode(offsets: Tensor, anchors: Tensor, variances: Sequence[float] = VARIANCES) -> Tensor:
    """What `encode` made of boxes (..., 4) -> the boxes."""
    offsets = offsets * offsets.new_tensor(variances)
    at, of = _middle(anchors)
    middle, half = at + offsets[..., :2] * of, offsets[..., 2:].clamp(max=LONGEST).exp() * of / 2
    return torch.cat([middle - half, middle + half], -1)


def hard_negatives(losses: Tensor, positive: Tensor, negative: Tensor, ratio: float = 3.0) -> Tensor:
    """Returns which negatives count (B, K) bool: those of the greatest loss, `ratio` of them for each positive of a
    picture; losses (B, K), positive and negative (B, K) bool."""
    order = losses.detach().masked_fill(~negative, -1.0).argsort(dim=1, descending=True, stable=True)
    rank = torch.empty_like(order).scatter(1, order, torch.arange(order.shape[1], device=order.device).expand_as(order))
    return negative & (rank < ratio * positive.sum(1, keepdim=True))


def _middle(boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Boxes (..., 4) -> their middles and their sides, (..., 2) each."""
    return (boxes[..., :2] + boxes[..., 2:]) / 2, boxes[..., 2:] - boxes[..., :2]
