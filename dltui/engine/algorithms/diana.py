"""Divisive clustering, DIANA: the widest cluster is split, until all points are alone.

Kaufman and Rousseeuw 1990, "Finding Groups in Data", chapter 6.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from dltui.engine.algorithms.hac import MOST, Dendrogram
from dltui.engine.contracts.row_limit import refuse_more
from dltui.engine.contracts.task import Context

RESULT = "labels"
METRICS = {}


def build(*, k: int = 3) -> Callable[[Context], Dendrogram]:
    """Each step shows one more split of the tree.

    k: clusters that the tree is cut into at last, at least 1.
    """

    def begin(context: Context) -> Dendrogram:
        x, _ = context.rows.points()
        refuse_more(len(x), MOST, "Divisive clustering", "algorithm.kind=kmeans")
        return Dendrogram(x, divided(x), k, from_root=True)

    return begin


def divided(x: Tensor) -> Tensor:
    """x (N, D) -> Z (N - 1, 4) float64: the splits from the last to the first, each as high as its cluster is wide."""
    N = len(x)
    D = torch.cdist(x.double(), x.double(), compute_mode="donot_use_mm_for_euclid_dist")  # (N, N)
    waiting = [torch.arange(N)]
    splits: list[tuple[Tensor, float, tuple[Tensor, Tensor]]] = []  # (points, width, their two parts)
    while waiting:
        widths = [float(D[points][:, points].max()) for points in waiting]
        width = max(widths)
        points = waiting.pop(widths.index(width))
        splits.append((points, width, split(D, points)))
        waiting += [part for part in splits[-1][2] if len(part) > 1]
    node = {(i,): i for i in range(N)}
    Z = torch.zeros(N - 1, 4, dtype=torch.float64)
    for m, (points, width, parts) in enumerate(reversed(splits)):
        pair = sorted(node[tuple(sorted(part.tolist()))] for part in parts)
        Z[m] = torch.tensor([*pair, width, len(points)])
        node[tuple(sorted(points.tolist()))] = N + m
    return Z


def split(D: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
    """Parts points (n,) by distances D (N, N): a splinter group draws in all that are nearer to it than to the rest."""
    inside = D[points][:, points]  # (n, n)
    n = len(points)
    splinter = torch.zeros(n, dtype=torch.bool)
    splinter[inside.sum(1).argmax()] = True  # the point farthest from the others leaves first
    while (~splinter).sum() > 1:
        to_rest = inside[:, ~splinter].sum(1) / ((~splinter).sum() - 1)  # a point is no neighbour of itself
        nearer = torch.where(splinter, -torch.inf, to_rest - inside[:, splinter].mean(1))
        if nearer.max() <= 0:
            break
        splinter[nearer.argmax()] = True
    return points[~splinter], points[splinter]
