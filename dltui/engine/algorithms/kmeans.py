"""k-means: nearest centre, then mean, in turn, from random or k-means++ starts.

Lloyd 1982, doi:10.1109/TIT.1982.1056489; Arthur and Vassilvitskii 2007, "k-means++: the advantages of careful seeding".
"""

import math
from collections.abc import Callable
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Context
from dltui.recipes.metric import Metric

RESULT = "labels"
METRICS = {
    "inertia": Metric("sum of the squared distances of the points to their own centres", better="lower"),
    "sklearn_inertia": Metric("inertia of the best of ten runs of scikit-learn", better="lower", axis="inertia"),
    "same_start_inertia": Metric("inertia of scikit-learn from the same start", better="lower", axis="inertia"),
}
PATH = 64  # places of the centres that are remembered
RESTARTS = 10  # of scikit-learn's runs, to the best of which the inertia is compared


def build(
    *, k: int = 3, start: Literal["plusplus", "random"] = "plusplus", starts: int = 1
) -> Callable[[Context], "KMeans"]:
    """Each step moves the centres into the mean of their points, then gives each point to its nearest centre.

    k: clusters, at least 1.
    start: first centres: points far from each other (k-means++), or any points.
    starts: how often it begins anew; the best end is kept; at least 1.
    """
    draw = {"plusplus": plusplus, "random": at_random}[start]

    def begin(context: Context) -> KMeans:
        x, _ = context.rows.points()
        return KMeans(x, lambda: draw(x, k), starts)

    return begin


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
    """Points x (N, D) in k clusters: `centres` (k, D), `labels` (N,) int64.

    start: () -> first centres (k, D). Each time that the centres are at rest it is asked again, `starts` times in all;
    the best of the ends is kept.
    """

    loose = ()

    def __init__(self, x: Tensor, start: Callable[[], Tensor], starts: int = 1):
        super().__init__()
        self.start, centres = start, start()
        self.register_buffer("x", x, persistent=False)
        self.register_buffer("left", torch.tensor(starts - 1))  # starts that are still to come
        self.register_buffer("best", centres.clone())  # where the best end so far was, and where it came from
        self.register_buffer("best_first", centres.clone())
        self.register_buffer("best_inertia", torch.tensor(torch.inf, dtype=x.dtype))
        for name in ("centres", "labels", "path", "first", "at_rest"):
            self.register_buffer(name, None)
        self._begin(centres)

    def _begin(self, centres: Tensor) -> None:
        self.centres, self.first = centres, centres.clone()  # a checkpoint is loaded into each: they must be two
        self.labels = _squared(self.x, centres).argmin(1)
        self.path = centres.repeat(PATH, 1, 1)  # (PATH, k, D), the newest last
        self.at_rest = torch.tensor(False)

    def step(self) -> None:
        """Moves each centre into the mean of its points, then gives each point to its nearest centre."""
        if self.at_rest:
            self._begin(self.start())
            self.left -= 1
            return
        owners = self._none_empty()
        centres = torch.stack([self.x[owners == j].mean(0) for j in range(len(self.centres))])
        labels = _squared(self.x, centres).argmin(1)
        self.at_rest = (labels == self.labels).all() & (centres == self.centres).all()
        self.centres, self.labels = centres, labels
        self.path = torch.cat([self.path[1:], centres[None]])
        if self.at_rest:
            self._compare()

    def _none_empty(self) -> Tensor:
        """The labels (N,); a cluster that lost all its points is given one of those farthest from their centres."""
        empty = (torch.bincount(self.labels, minlength=len(self.centres)) == 0).nonzero()[:, 0]
        if not len(empty):
            return self.labels
        far = (self.x - self.centres[self.labels]).square().sum(1).topk(len(empty)).indices
        return self.labels.scatter(0, far, empty)

    def _compare(self) -> None:
        """Keeps this end if it is the best so far; after the last start the best one is shown again."""
        if self.inertia < self.best_inertia:
            self.best_inertia = torch.tensor(self.inertia, dtype=self.x.dtype)
            self.best, self.best_first = self.centres, self.first
        elif self.left == 0:
            first = self.best_first
            self._begin(self.best)
            self.first, self.at_rest = first, torch.tensor(True)

    @property
    def done(self) -> bool:
        """Whether another step would change nothing."""
        return bool(self.at_rest) and int(self.left) == 0

    @property
    def inertia(self) -> float:
        """Sum of the squared distances of the points to their nearest centre."""
        return _squared(self.x, self.centres).amin(1).sum().item()

    def evaluate(self) -> dict[str, float]:
        """The inertia, beside that of scikit-learn's best of ten runs and of its run from the same start."""
        from sklearn.cluster import KMeans as Theirs  # 1.8 s

        same = Theirs(len(self.centres), init=self.first.numpy(), n_init=1, tol=0).fit(self.x.numpy())
        return {
            "inertia": self.inertia,
            "sklearn_inertia": self._best_of_theirs,
            "same_start_inertia": float(same.inertia_),
        }

    @cached_property
    def _best_of_theirs(self) -> float:
        from sklearn.cluster import KMeans as Theirs

        return float(Theirs(len(self.centres), n_init=RESTARTS, random_state=0).fit(self.x.numpy()).inertia_)

    def marks(self) -> tuple[Tensor, Tensor]:
        """The centres (k, D), and the clusters (k,) that they stand for."""
        return self.centres, torch.arange(len(self.centres))

    def paths(self) -> Tensor:
        """The ways that the centres came: (steps, k, D)."""
        return self.path
