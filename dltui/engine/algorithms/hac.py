"""Agglomerative clustering: the two nearest clusters merge, until one is left (Lance and Williams 1967).

Ward, average and the others are one formula for the distance to a merged cluster, doi:10.1093/comjnl/9.4.373.
"""

from typing import Literal

import torch
from torch import Tensor

from dltui.engine.algorithms.dendrogram import Dendrogram


def build(x: Tensor, *, linkage: Literal["single", "average", "centroid"] = "average", k: int = 3) -> Dendrogram:
    """Returns the tree of points x (N, D), of which nothing is shown yet."""
    from scipy.cluster import hierarchy  # 0.2 s

    return Dendrogram(x, merged(x, linkage), k, from_root=False, theirs=hierarchy.linkage(x.double().numpy(), linkage))


def merged(x: Tensor, linkage: str) -> Tensor:
    """x (N, D) -> Z (N - 1, 4) float64, as scipy.cluster.hierarchy.linkage writes it; O(N^3)."""
    N = len(x)
    D = torch.cdist(x.double(), x.double(), compute_mode="donot_use_mm_for_euclid_dist")  # (N, N)
    if linkage == "centroid":
        D = D.square()
    D.fill_diagonal_(torch.inf)
    size, node = torch.ones(N, dtype=torch.float64), torch.arange(N)
    Z = torch.zeros(N - 1, 4, dtype=torch.float64)
    for m in range(N - 1):
        i, j = divmod(int(D.argmin()), N)
        height = D[i, j].sqrt() if linkage == "centroid" else D[i, j]
        pair = sorted((int(node[i]), int(node[j])))
        Z[m] = torch.tensor([*pair, height, size[i] + size[j]])
        away = to_merged(D[i], D[j], D[i, j], size[i], size[j], linkage)  # (N,)
        D[i], D[:, i] = away, away
        D[j], D[:, j] = torch.inf, torch.inf
        D[i, i] = torch.inf
        size[i] += size[j]
        node[i] = N + m
    return Z


def to_merged(d_i: Tensor, d_j: Tensor, d_ij: Tensor, n_i: Tensor, n_j: Tensor, linkage: str) -> Tensor:
    """Distances d_i, d_j (N,) to two clusters of n_i and n_j points -> to their union (N,); centroid: squared ones."""
    if linkage == "single":
        return torch.minimum(d_i, d_j)
    a_i, a_j = n_i / (n_i + n_j), n_j / (n_i + n_j)
    if linkage == "average":
        return a_i * d_i + a_j * d_j
    return a_i * d_i + a_j * d_j - a_i * a_j * d_ij
