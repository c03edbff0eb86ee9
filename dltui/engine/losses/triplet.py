"""The triplet loss (Schroff, Kalenichenko, Philbin 2015, FaceNet, arXiv:1503.03832).

a: an anchor, p: another picture of the same person, n: one of somebody else; d is the distance of two embeddings.
"""

from collections.abc import Callable
from functools import partial
from typing import Literal

import torch
from torch import Tensor

TASKS = ("metric_learning",)


def build(
    *, margin: float = 0.3, negatives: Literal["all", "hardest"] = "all"
) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """Returns (a (B, d), p (B, d), who (B,)) -> scalar: the mean over the triplets of a batch.

    margin: e, by how much farther somebody else must be, above 0, at most 2; no two embeddings are more than 2 apart.
    negatives: whose distance is compared: that of all others in the batch, or of the hardest, which is the nearest.
    """
    return partial({"all": all_negatives, "hardest": hardest_negative}[negatives], e=margin)


def distances(x: Tensor, y: Tensor) -> Tensor:
    """x (A, d), y (B, d) -> Euclidean distances (A, B), with a gradient where they are 0 too."""
    squares = x.square().sum(1)[:, None] - 2 * x @ y.T + y.square().sum(1)
    return squares.clamp(min=1e-12).sqrt()


def triplet(d_ap: Tensor, d_an: Tensor, e: float) -> Tensor:
    """max(d(a, p) - d(a, n) + e, 0): zero once n is farther than p by the margin e."""
    return (d_ap - d_an + e).clamp(min=0)


def all_negatives(a: Tensor, p: Tensor, who: Tensor, e: float) -> Tensor:
    """Mean loss over each anchor with each p of somebody else as its n; a, p (B, d), who (B,) -> scalar."""
    d = distances(a, p)  # (B, B); on the diagonal d(a, p)
    others = who[:, None] != who
    return (triplet(d.diagonal()[:, None], d, e) * others).sum() / others.sum()  # no indexing: its size is not known


def hardest_negative(a: Tensor, p: Tensor, who: Tensor, e: float) -> Tensor:
    """Mean loss over the anchors, n the nearest picture of somebody else; a, p (B, d), who (B,) -> scalar."""
    d = distances(a, p)
    nearest = d.masked_fill(who[:, None] == who, torch.inf).amin(1)
    return triplet(d.diagonal(), nearest, e).mean()
