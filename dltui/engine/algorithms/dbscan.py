"""DBSCAN: clusters grow from neighbour to neighbour through dense places; the rest is noise (Ester et al. 1996)."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Context
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

RESULT = "labels"
METRICS = {
    "agreement": Metric("share of the points with scikit-learn's label", better="higher", range=(0, 1)),
    "noise": Metric("share of the points that belong to no cluster", range=(0, 1)),
}
UNSEEN, NOISE = -2, -1
MOST_PAIRS = 50_000_000  # of neighbours: 2 GiB while they are sorted


def build(*, eps: float = 0.2, min_points: int = 5) -> Callable[[Context], "DBSCAN"]:
    """Each step lets a cluster grow one neighbourhood further, or starts the next one.

    eps: how near neighbours are, above 0; the data have deviation 1 in both directions.
    min_points: neighbours that make a core point, itself among them, at least 1.
    """
    return lambda context: DBSCAN(context.rows.points()[0], eps, min_points)


class DBSCAN(nn.Module):
    """Points x (N, D): `labels` (N,) int64 from 0, NOISE or UNSEEN; `front` (N,) bool, where the wave stands."""

    loose = ("noise", "unseen")

    def __init__(self, x: Tensor, eps: float, min_points: int):
        super().__init__()
        self.near = neighbours(x, eps)
        self.eps, self.min_points = eps, min_points
        self.register_buffer("x", x, persistent=False)
        self.register_buffer("core", torch.from_numpy(self.near.sum(1).A1) >= min_points, persistent=False)
        self.register_buffer("labels", torch.full((len(x),), UNSEEN))
        self.register_buffer("front", torch.zeros(len(x), dtype=torch.bool))

    def step(self) -> None:
        """The wave goes one neighbourhood further; where it has run out, the next core point starts a cluster."""
        if not self.front.any():
            self._start()
            return
        cluster = self.labels[self.front][0]
        near = torch.from_numpy(self.near @ self.front.numpy())
        reached = near & (self.labels < 0)  # what was noise till now becomes the border
        self.labels[reached] = cluster
        self.front = reached & self.core  # only core points carry it on

    def _start(self) -> None:
        unseen = self.labels == UNSEEN
        starts = (unseen & self.core).nonzero()[:, 0]
        first = int(starts[0]) if len(starts) else len(self.labels)
        self.labels[:first][unseen[:first]] = NOISE  # looked at, and no core point
        if len(starts):
            self.labels[first] = self.labels.max().clamp(min=-1) + 1
            self.front[first] = True

    @property
    def done(self) -> bool:
        """Whether another step would change nothing."""
        return not self.front.any() and not (self.labels == UNSEEN).any()

    def evaluate(self) -> dict[str, float]:
        """The share of noise, and of points that have scikit-learn's label; clusters may have other numbers."""
        alike = agreement(self.labels, self._theirs)
        return {"agreement": alike, "noise": (self.labels == NOISE).double().mean().item()}

    @cached_property
    def _theirs(self) -> Tensor:
        from sklearn.cluster import DBSCAN as Theirs  # 1.8 s

        found = Theirs(eps=self.eps, min_samples=self.min_points).fit(self.x.numpy())
        return torch.from_numpy(found.labels_).long()

    def marks(self) -> tuple[Tensor, Tensor]:
        """The points where the wave stands (F, D), and their cluster (F,)."""
        return self.x[self.front], self.labels[self.front]


def neighbours(x: Tensor, eps: float) -> "csr_matrix":
    """x (N, D) -> bool (N, N), sparse: whether two points are at most eps apart; a point is its own neighbour.

    Raises DltuiError (2) where there are too many.
    """
    from scipy.sparse import coo_matrix, eye  # 0.3 s
    from scipy.spatial import cKDTree

    tree = cKDTree(x.numpy())
    pairs = (tree.count_neighbors(tree, eps) - len(x)) // 2
    if pairs > MOST_PAIRS:
        what = f"Within algorithm.eps={eps:g} of each other lie {pairs:,} pairs of the {len(x):,} points; at most"
        hint = "Take a smaller algorithm.eps, or fewer rows."
        raise DltuiError(f"{what} {MOST_PAIRS:,} are taken.", hint, ExitStatus.USAGE)
    one, other = tree.query_pairs(eps, output_type="ndarray").T
    near = coo_matrix((one >= 0, (one, other)), (len(x), len(x))).tocsr()
    return near + near.T + eye(len(x), dtype=bool, format="csr")


def agreement(ours: Tensor, theirs: Tensor) -> float:
    """Returns the share of rows on which two labellings (N,) agree, clusters renamed at best; noise has one name."""
    from scipy.optimize import linear_sum_assignment

    grouped = (ours >= 0) & (theirs >= 0)
    vmapped = torch.zeros(int(ours.max()) + 3, int(theirs.max()) + 3)
    vmapped.index_put_((ours[grouped], theirs[grouped]), torch.tensor(1.0), accumulate=True)
    rows, columns = linear_sum_assignment(vmapped.numpy(), maximize=True)
    alike = vmapped[rows, columns].sum() + ((ours == NOISE) & (theirs == NOISE)).sum()
    return alike.item() / len(ours)
