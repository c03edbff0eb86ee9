"""Clusters of a graph: all points are joined, long edges are cut, what still hangs together is a cluster.

Zahn 1971, "Graph-theoretical methods for detecting and describing gestalt clusters".
"""

from collections.abc import Callable
from functools import cached_property

import torch
from torch import Tensor, nn

from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.row_limit import refuse_more
from dltui.engine.contracts.task import Context
from dltui.recipes.metric import Metric

RESULT = "labels"
METRICS = {
    "edges": Metric("edges that are left", whole=True),
    "limit": Metric("length beyond which edges are cut by now"),
    "components_agreement": Metric(
        "share of pairs of points on which scipy's connected components agree", better="higher", range=(0, 1)
    ),
    "linkage_agreement": Metric(
        "share of pairs on which scipy's single linkage cut at this length agrees", better="higher", range=(0, 1)
    ),
    "bridged": Metric(
        "clusters if one more point lay midway between the two nearest ones", whole=True, axis="clusters"
    ),
}
MOST = 4000  # rows: beyond, the lengths of all edges take long and much memory
CUTS = 30  # steps from the longest edge to the radius
MARKED = 30  # points that have a sign, about
SHOWN = 6  # edges of a point that are drawn, from its shortest to its longest
ALONE = -1


def build(*, radius: float = 0.5) -> Callable[[Context], "GraphClustering"]:
    """Each step cuts the longest edges of the complete graph, until none is longer than the radius.

    radius: length of the longest edge that stays, above 0; standardised data have deviation 1 in both directions.
    """

    def begin(context: Context) -> GraphClustering:
        x, _ = context.rows.points()
        refuse_more(len(x), MOST, "Clustering by a complete graph", "algorithm.kind=kmeans")
        return GraphClustering(x, radius)

    return begin


def components(joined: Tensor) -> Tensor:
    """Edges (N, N) bool -> the number of each point's component (N,), counted from 0 in the order of first points."""
    number, count = torch.full((len(joined),), -1), 0
    for start in range(len(joined)):
        if number[start] < 0:
            front = torch.zeros(len(joined), dtype=torch.bool)
            front[start] = True
            while front.any():
                number[front] = count
                front = joined[front].any(0) & (number < 0)  # along every edge to points that no wave has reached
            count += 1
    return number


def clusters(number: Tensor) -> Tensor:
    """Components (N,) -> labels (N,): 0, 1 ... for those of two points or more, the largest first, ALONE for others."""
    sizes = torch.bincount(number)
    order = sizes.argsort(descending=True, stable=True)
    rank = torch.empty_like(order)
    rank[order] = torch.arange(len(order))
    return torch.where(sizes > 1, rank, ALONE)[number]


class GraphClustering(nn.Module):
    """Points x (N, D): `labels` (N,) are the components of the graph of edges no longer than `limit`."""

    loose = ("alone",)

    def __init__(self, x: Tensor, radius: float):
        super().__init__()
        self.radius = radius
        self.register_buffer("x", x, persistent=False)
        D = torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist")
        self.register_buffer("D", D, persistent=False)  # (N, N)
        self.longest = max(D.max().item(), radius)
        self.steps = Counter(self, "taken", 0)
        self.register_buffer("labels", clusters(components(self.joined)))

    @property
    def limit(self) -> float:
        """The length beyond which edges are cut by now: it falls by the same share each step."""
        if int(self.steps) == 0:
            return self.longest * (1 + 1e-9)
        return self.longest * (self.radius / self.longest) ** (int(self.steps) / CUTS)

    @property
    def joined(self) -> Tensor:
        """(N, N) bool: whether there is an edge."""
        return self.limit >= self.D

    def step(self) -> None:
        """Cuts the longest edges and finds what still hangs together."""
        self.steps.set(int(self.steps) + 1)
        self.labels = clusters(components(self.joined))

    @property
    def done(self) -> bool:
        """Whether no edge is longer than the radius."""
        return int(self.steps) >= CUTS

    def evaluate(self) -> dict[str, float]:
        """Edges, the agreement with scipy, and what one more point would do."""
        from scipy.cluster.hierarchy import fcluster
        from scipy.sparse import csr_matrix
        from scipy.sparse.csgraph import connected_components
        from sklearn.metrics import rand_score  # 1.8 s

        joined = self.joined
        ours = components(joined).numpy()
        return {
            "edges": int(joined.sum() - len(joined)) // 2,
            "limit": self.limit,
            "components_agreement": rand_score(ours, connected_components(csr_matrix(joined.numpy()))[1]),
            "linkage_agreement": rand_score(ours, fcluster(self._linkage, self.limit, "distance")),
            "bridged": self._bridged(),
        }

    @cached_property
    def _linkage(self) -> object:
        from scipy.cluster.hierarchy import linkage  # 0.2 s

        return linkage(self.x.numpy(), "single")

    def _bridged(self) -> int:
        """Clusters of two points or more after one point is put midway between the nearest two of these."""
        across = (self.labels[:, None] != self.labels) & (self.labels[:, None] >= 0) & (self.labels >= 0)
        if not across.any():
            return len(self.labels[self.labels >= 0].unique())
        i, j = divmod(int(torch.where(across, self.D, torch.inf).argmin()), len(self.x))
        more = torch.cat([self.x, (self.x[i] + self.x[j])[None] / 2])
        labels = clusters(
            components(torch.cdist(more, more, compute_mode="donot_use_mm_for_euclid_dist") <= self.limit)
        )
        return len(labels[labels >= 0].unique())

    def marks(self) -> tuple[Tensor, Tensor]:
        """Some of the points that are not alone, and their clusters: edges would hide the colours of dots."""
        held = (self.labels >= 0).nonzero()[:, 0]
        some = held[:: max(1, len(held) // MARKED)]
        return self.x[some], self.labels[some]

    def paths(self) -> Tensor:
        """Some edges of each point, there and back again: (2 SHOWN + 1, N, D)."""
        order = torch.where(self.joined, self.D, torch.inf).argsort(1)  # (N, N): itself, its neighbours, the others
        degree = self.joined.sum(1)  # (N,) with itself
        rank = 1 + torch.linspace(0, 1, SHOWN)[:, None] * (degree - 2).clamp(min=0)  # (SHOWN, N)
        other = order.gather(1, rank.round().long().T)  # (N, SHOWN)
        other = torch.where(degree[:, None] > 1, other, torch.arange(len(self.x))[:, None])
        there = self.x[other.T]  # (SHOWN, N, D)
        back = self.x.expand(SHOWN, -1, -1)
        return torch.cat([self.x[None], torch.stack([there, back], 1).flatten(0, 1)])
