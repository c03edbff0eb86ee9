"""The triplet loss (Schroff, Kalenichenko, Philbin 2015, FaceNet, arXiv:1503.03832), and the gate built on it.

a: an anchor, p: another picture of the same person, n: one of somebody else; d is the distance of two embeddings.
"""

import torch
from torch import Tensor


def distances(x: Tensor, y: Tensor) -> Tensor:
    """x (A, D), y (B, D) -> Euclidean distances (A, B), with a gradient where they are 0 too."""
    squares = x.square().sum(1)[:, None] - 2 * x @ y.T + y.square().sum(1)
    return squares.clamp(min=1e-12).sqrt()


def triplet(d_ap: Tensor, d_an: Tensor, e: float) -> Tensor:
    """max(d(a, p) - d(a, n) + e, 0): zero once n is farther than p by the margin e."""
    return (d_ap - d_an + e).clamp(min=0)


def all_negatives(a: Tensor, p: Tensor, who: Tensor, e: float) -> Tensor:
    """Mean loss over each anchor with each p of somebody else as its n; a, p (B, D), who (B,)."""
    d = distances(a, p)  # (B, B); on the diagonal d(a, p)
    others = who[:, None] != who
    return triplet(d.diagonal()[:, None], d, e)[others].mean()


def hardest_negative(a: Tensor, p: Tensor, who: Tensor, e: float) -> Tensor:
    """Mean loss over the anchors, n the nearest picture of somebody else."""
    d = distances(a, p)
    nearest = d.masked_fill(who[:, None] == who, torch.inf).amin(1)
    return triplet(d.diagonal(), nearest, e).mean()


def nearest(queries: Tensor, enrolled: Tensor) -> tuple[Tensor, Tensor]:
    """queries (Q, D), enrolled (E, D) -> their distances, rising, and which they are, both (Q, E)."""
    return tuple(distances(queries, enrolled).sort(1))
