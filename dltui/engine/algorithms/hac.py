"""Agglomerative clustering: the two nearest clusters merge, until one is left (Lance and Williams 1967).

Ward, average and the others are one formula for the distance to a merged cluster, doi:10.1093/comjnl/9.4.373.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from dltui.engine.contracts.row_limit import refuse_more
from dltui.engine.contracts.task import Context
from dltui.recipes.metric import Metric

RESULT = "labels"
METRICS = {
    "agreement": Metric("share of point pairs that meet as high as in scipy's tree", better="higher", range=(0, 1)),
}
MOST = 2000  # rows: N merges, each the least of N x N distances
SAME = 1e-9  # heights that differ less are equal


def build(
    *, linkage: Literal["single", "average", "centroid"] = "average", k: int = 3
) -> Callable[[Context], "Dendrogram"]:
    """Each step shows one more merge of the tree.

    linkage: distance between clusters: of their nearest points, the average, or of their centres.
    k: clusters that the tree is cut into at last, at least 1.
    """

    def begin(context: Context) -> Dendrogram:
        from scipy.cluster import hierarchy  # 0.2 s

        x, _ = context.rows.points()
        refuse_more(len(x), MOST, "Hierarchical clustering", "algorithm.kind=kmeans")
        return Dendrogram(x, merged(x, linkage), k, from_root=False, theirs=hierarchy.linkage(x.numpy(), linkage))

    return begin


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


class Dendrogram(nn.Module):
    """Points x (N, D) under a tree Z (N - 1, 4): in each row two nodes that meet, their height, and the points below.

    Point i is node i, row m is node N + m, as scipy numbers them. The tree is cut into k clusters at last.
    theirs: another library's tree of the same points.
    """

    loose = ("alone",)  # points that are in no cluster of two or more

    def __init__(self, x: Tensor, Z: Tensor, k: int, *, from_root: bool, theirs: np.ndarray | None = None):
        super().__init__()
        self.k, self.from_root, self.theirs = min(k, len(x)), from_root, theirs
        self.register_buffer("x", x, persistent=False)
        self.register_buffer("Z", Z, persistent=False)
        self.register_buffer("steps", torch.tensor(0))

    def step(self) -> None:
        """Shows one more merge, or one more split."""
        self.steps += int(not self.done)

    @property
    def done(self) -> bool:
        """Whether the whole tree is shown."""
        return int(self.steps) == len(self.Z)

    @property
    def merges(self) -> int:
        """How many merges, counted from the leaves, make the clusters of now: at last N - k."""
        if self.from_root:
            return len(self.Z) - min(int(self.steps), self.k - 1)
        return min(int(self.steps), len(self.x) - self.k)

    @property
    def labels(self) -> Tensor:
        """(N,) int64: -1 alone, or the cluster's number, which stays that of its larger part when two meet."""
        return clusters(self.Z, self.merges)

    def evaluate(self) -> dict[str, float]:
        """The share of pairs of points that have met as high as in the other library's tree."""
        if self.theirs is None:
            return {}
        from scipy.cluster.hierarchy import cophenet  # 0.2 s

        met = self.Z.clone()
        met[int(self.steps) :, 2] = torch.inf
        alike = np.isclose(cophenet(met.numpy()), cophenet(self.theirs), rtol=0, atol=SAME)
        return {"agreement": float(alike.mean())}

    def tree(self) -> dict:
        """What is shown of the tree: Z, the rows shown (first, last + 1), and the height of the cut, if it is there."""
        steps, last = int(self.steps), len(self.Z)
        shown = (last - steps, last) if self.from_root else (0, steps)
        cut_at = last - self.k + 1  # merges below the cut
        between = 0 < cut_at < last and shown[0] <= cut_at < shown[1]
        height = (self.Z[cut_at - 1, 2] + self.Z[cut_at, 2]).item() / 2 if between else None
        return {"Z": self.Z, "shown": shown, "cut": height}


def clusters(Z: Tensor, merges: int) -> Tensor:
    """Returns labels (N,) after the first `merges` rows of Z: the smaller part of two takes the number of the larger.

    Numbers are given from 0 to pairs of lone points, the least that is free.
    """
    N = len(Z) + 1
    members = [[i] for i in range(N)]
    number = [-1] * N
    taken: set[int] = set()
    for i, j in Z[:merges, :2].long().tolist():
        larger, smaller = (i, j) if len(members[i]) >= len(members[j]) else (j, i)
        if number[larger] < 0:
            number[larger] = next(n for n in range(N) if n not in taken)
            taken.add(number[larger])
        elif number[smaller] >= 0:
            taken.discard(number[smaller])
        members.append(members[i] + members[j])
        number.append(number[larger])
        members[i] = members[j] = []
    labels = torch.full((N,), -1)
    for node, points in enumerate(members):
        labels[points] = number[node]
    return labels
