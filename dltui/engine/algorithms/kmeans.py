"""k-means: nearest centre, then mean, in turn, from random or k-means++ starts.

Lloyd 1982, doi:10.1109/TIT.1982.1056489; Arthur and Vassilvitskii 2007, "k-means++: the advantages of careful seeding".
"""

import math
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor, nn

PATH = 64  # places of the centres that are remembered
RESTARTS = 10  # of scikit-learn's, to which the inertia is compared


def build(x: Tensor, *, k: int = 3, start: Literal["plusplus", "random"] = "plusplus") -> "KMeans":
    """Returns k-means on points x (N, D), before its first step."""
    starts = {"plusplus": plusplus, "random": at_random}
    return KMeans(x, starts[start](x, k))


def at_random(x: Tensor, k: int) -> Tensor:
    """k of the points x (N, D), each as likely -> (k, D)."""
    return x[torch.randperm(len(x))[:k]]


def plusplus(x: Tensor, k: int) -> Tensor:
    """k of the points x (N, D), each drawn with a chance that grows as its squared distance to those before -> (k, D).

    Of a few draws the one that leaves the smallest inertia is taken, as in the authors' own code.
    """
    draws = 2 + int(math.log(k))
    first = torch.randint(len(x), (1,))
    D2 = _squared(x, x[first])[:, 0]  # (N,)
    chosen = [first]
    while len(chosen) < k:
        weights = D2 if D2.sum() > 0 else torch.ones_like(D2)
        drawn = weights.multinomial(draws, replacement=True)
        left = torch.minimum(_squared(x, x[drawn]), D2[:, None])  # (N, draws)
        best = left.sum(0).argmin()
        D2 = left[:, best]
        chosen.append(drawn[best][None])
    return x[torch.cat(chosen)]


def _squared(x: Tensor, centres: Tensor) -> Tensor:
    """(N, D), (k, D) -> squared distances (N, k)."""
    return (x[:, None] - centres).square().sum(2)


class KMeans(nn.Module):
    """Points x (N, D) in k clusters: `centres` (k, D), `labels` (N,) int64."""

    loose = ()

    def __init__(self, x: Tensor, centres: Tensor):
        super().__init__()
        self.register_buffer("x", x, persistent=False)
        self.register_buffer("centres", centres)
        self.register_buffer("labels", _squared(x, centres).argmin(1))
        self.register_buffer("path", centres.repeat(PATH, 1, 1))  # (PATH, k, D), the newest last
        self.register_buffer("first", centres.clone())
        self.register_buffer("at_rest", torch.tensor(False))

    def step(self) -> None:
        """Moves each centre into the mean of its points, then gives each point to its nearest centre."""
        means = [self.x[self.labels == j].mean(0) for j in range(len(self.centres))]
        centres = torch.stack([m if m.isfinite().all() else c for m, c in zip(means, self.centres, strict=True)])
        labels = _squared(self.x, centres).argmin(1)
        self.at_rest = (labels == self.labels).all() & (centres == self.centres).all()
        self.centres, self.labels = centres, labels
        self.path = torch.cat([self.path[1:], centres[None]])

    @property
    def done(self) -> bool:
        """Whether another step would change nothing."""
        return bool(self.at_rest)

    @property
    def inertia(self) -> float:
        """Sum of the squared distances of the points to their nearest centre."""
        return _squared(self.x, self.centres).amin(1).sum().item()

    def metrics(self) -> dict[str, float]:
        return {"inertia": self.inertia, **self._theirs}

    @cached_property
    def _theirs(self) -> dict[str, float]:
        """The inertia of scikit-learn's best of ten runs, and of its run from the same start."""
        from sklearn.cluster import KMeans as Theirs  # 1.8 s

        points, k = self.x.numpy(), len(self.centres)
        best = Theirs(k, n_init=RESTARTS, random_state=0).fit(points)
        same = Theirs(k, init=self.first.numpy(), n_init=1, tol=0).fit(points)
        return {"sklearn_inertia": float(best.inertia_), "same_start_inertia": float(same.inertia_)}

    def marks(self) -> tuple[Tensor, Tensor]:
        """The centres (k, D), and the clusters (k,) that they stand for."""
        return self.centres, torch.arange(len(self.centres))

    def paths(self) -> Tensor:
        """The ways that the centres came: (steps, k, D)."""
        return self.path
