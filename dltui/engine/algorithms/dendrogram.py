"""A tree of clusters that is shown merge by merge from its leaves, or split by split from its root."""

import numpy as np
import torch
from torch import Tensor, nn

ALONE = "alone"  # the name of the label -1: points that are in no cluster of two or more
SAME = 1e-9  # heights that differ less are equal


class Dendrogram(nn.Module):
    """Points x (N, D) under a tree Z (N - 1, 4): in each row two nodes that meet, their height, and the points below.

    Point i is node i, row m is node N + m, as scipy numbers them. The tree is cut into k clusters at last.
    theirs: another library's tree of the same points.
    """

    loose = (ALONE,)

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

    def metrics(self) -> dict[str, float]:
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
