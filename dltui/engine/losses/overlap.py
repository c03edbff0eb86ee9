"""The overlap of what is predicted with what is there, made soft: 1 - IoU (Rahman and Wang 2016), 1 - Dice (Milletari
et al. 2016, arXiv:1606.04797).
"""

from typing import Literal

import torch
from torch import Tensor

TASKS = ("segment",)
SMOOTH = 1.0  # pixels added to both sides of the fraction: a picture without the class divides nothing by nothing


def build(*, measure: Literal["iou", "dice"] = "iou") -> "Overlap":
    """Of each picture and each class but the first, which is the ground: how far it is from a full overlap.

    measure: iou, intersection over union; dice, twice the intersection over the sum of both.
    """
    return Overlap(measure)


class Overlap:
    """See contracts.loss.PixelLoss; pixels have no weights."""

    def __init__(self, measure: str):
        self.measure = measure

    def __call__(self, logits: Tensor, targets: Tensor) -> Tensor:
        """logits (B, classes, H, W), targets (B, H, W) -> the mean over pictures and classes, a scalar."""
        p = logits.softmax(1)[:, 1:].flatten(2)  # (B, classes - 1, H W)
        classes = torch.arange(1, logits.shape[1], device=targets.device)
        y = (targets[:, None] == classes.view(-1, 1, 1)).flatten(2).to(p.dtype)
        return (1 - overlap(p, y, self.measure)).mean()


def overlap(p: Tensor, y: Tensor, measure: str) -> Tensor:
    """p, y (..., pixels) in 0..1 -> (...) in 0..1: 1 where both are the same and hard."""
    both, sizes = (p * y).sum(-1), p.sum(-1) + y.sum(-1)
    if measure == "iou":
        return (both + SMOOTH) / (sizes - both + SMOOTH)
    return (2 * both + SMOOTH) / (sizes + SMOOTH)
