"""Groups in a graph by modularity: edges between them removed, or groups merged, one at a time.

Girvan and Newman 2002, doi:10.1073/pnas.122653799; Clauset, Newman and Moore 2004, doi:10.1103/PhysRevE.70.066111;
the resolution is Reichardt and Bornholdt's (2006), doi:10.1103/PhysRevE.74.016110.
"""

import math
from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.cluster_metrics import Agreement
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.contracts.trajectory import Trajectory
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Lines, Marks, Path, Scatter

NEEDS_DATA = False
METRICS = {
    "modularity": Metric("modularity of the communities at this step", better="higher", range=(-1, 1)),
    "best_modularity": Metric("greatest modularity so far", better="higher", range=(-1, 1), axis="modularity"),
    "planted_modularity": Metric("modularity of the planted groups", range=(-1, 1), axis="modularity"),
    "nmi": Metric(
        "normalised mutual information of planted groups and communities: 1 if equal", better="higher", range=(0, 1)
    ),
    "communities": Metric("communities at this step", whole=True),
    "error": Metric("distance of the modularity from its sum over all pairs of nodes", better="lower", check=True),
}
GROUP_RADIUS = 0.55  # of the circle of a group's nodes; the groups stand on a circle of radius 1
COLOURS = 8  # of more communities some share one


def build(
    *,
    method: Literal["removal", "merging"] = "removal",
    groups: int = 4,
    size: int = 12,
    inside: float = 7.0,
    outside: float = 2.0,
    resolution: float = 1.0,
) -> Callable[[Context], "Communities"]:
    """Each step removes one edge, or merges two communities; the best ones are shown at last.

    method: removal takes away the edge with the most shortest paths, merging joins what raises the modularity most.
    groups: planted groups, at least 2, at most 8.
    size: nodes of a group, at least 3, at most 40.
    inside: edges of a node into its own group, on average, above 0.
    outside: edges of a node to other groups, on average, at least 0.
    resolution: factor of the edges that chance gives in the modularity, at least 0.
    """
    kind = {"removal": Removal, "merging": Merging}[method]

    def begin(context: Context) -> Communities:
        random = torch.Generator().manual_seed(context.seed)
        return kind(planted(groups, size, inside, outside, random), groups, resolution)

    return begin


def planted(groups: int, size: int, inside: float, outside: float, random: torch.Generator) -> Tensor:
    """Returns the edges A (n, n) float64, 0 or 1, of a graph of equal groups: node i is in group i // size."""
    n, of = groups * size, torch.arange(groups * size) // size
    chance = torch.where(of[:, None] == of, inside / (size - 1), outside / (n - size))
    upper = (torch.rand(n, n, generator=random) < chance).triu(1).double()
    return upper + upper.T


def modularity(A: Tensor, labels: Tensor, resolution: float = 1.0) -> float:
    """Q = sum over communities of L_c / m - resolution (d_c / 2 m)^2: edges inside, less those that chance gives.

    A (n, n), labels (n,) from 0. L_c: edges within c, d_c: degrees of its nodes summed, m: edges.
    """
    two_m = A.sum()
    U = nn.functional.one_hot(labels).double()  # (n, C)
    inside, degrees = (U * (A @ U)).sum(0), A.sum(1) @ U  # (C,) 2 L_c and d_c
    return (inside / two_m - resolution * (degrees / two_m).square()).sum().item()


def modularity_by_pairs(A: Tensor, labels: Tensor, resolution: float = 1.0) -> float:
    """The same from its definition: the mean of A_ij - resolution k_i k_j / 2 m over pairs in one community."""
    k, two_m = A.sum(1), A.sum()
    same = labels[:, None] == labels
    return ((A - resolution * torch.outer(k, k) / two_m)[same].sum() / two_m).item()


def betweenness(A: Tensor) -> Tensor:
    """A (n, n) -> for each edge the shortest paths that run over it, of every pair of nodes one in all (n, n).

    Brandes 2001: breadth first from all nodes at once, then the shares of the paths back from the farthest.
    """
    n = len(A)
    layers = [torch.eye(n, dtype=A.dtype)]  # (source, node): shortest paths to the nodes of this distance
    seen = layers[0].bool()
    while (reached := (layers[-1] @ A).masked_fill(seen, 0)).any():
        layers.append(reached)
        seen |= reached > 0
    B, delta = torch.zeros_like(A), torch.zeros_like(A)  # delta (source, node): paths that go on beyond the node
    for nearer, layer in zip(layers[-2::-1], layers[:0:-1], strict=True):
        share = torch.where(layer > 0, (1 + delta) / layer.clamp(min=1), 0)  # a path's part in what ends or goes on
        B += nearer.T @ share
        delta = delta + nearer * (share @ A)
    return (B + B.T) * A / 2  # each pair was counted from both its ends


def components(A: Tensor) -> Tensor:
    """A (n, n) -> the number of its component for each node (n,), from 0 in the order of their first nodes."""
    reach = torch.eye(len(A), dtype=A.dtype) + A
    while not torch.equal(further := ((reach @ reach) > 0).to(A.dtype), reach):
        reach = further
    return reach.argmax(1).unique(return_inverse=True)[1]


class Communities(nn.Module):
    """Edges A (n, n); `labels` (n,) of now, and those of the greatest modularity so far."""

    def __init__(self, A: Tensor, groups: int, resolution: float):
        super().__init__()
        self.groups, self.resolution = groups, resolution
        self.register_buffer("A", A, persistent=False)
        self.truth = torch.arange(len(A)) // (len(A) // groups)
        self.places = layout(groups, len(A) // groups)  # (n, 2)
        self.register_buffer("labels", self.start())
        self.register_buffer("best", self.labels.clone())
        self.register_buffer("done", torch.tensor(False))
        self.register_buffer("steps", torch.tensor(0))
        self.trail = Trajectory(torch.tensor(self.modularity))

    @property
    def modularity(self) -> float:
        """Q of the communities of now, in the whole graph."""
        return modularity(self.A, self.labels, self.resolution)

    def step(self) -> None:
        """One edge less or two communities merged; when nothing is left to do, the best ones are shown again."""
        if self.finished():
            self.labels, self.done = self.best.clone(), torch.tensor(True)
        else:
            self.labels = self.next()
        if self.modularity > modularity(self.A, self.best, self.resolution):
            self.best = self.labels.clone()
        self.steps += 1
        self.trail.add(int(self.steps), torch.tensor(self.modularity))

    def evaluate(self) -> dict[str, float]:
        """The modularity and how near the communities of now are to the planted ones."""
        by_pairs = modularity_by_pairs(self.A, self.labels, self.resolution)
        return {
            "modularity": self.modularity,
            "best_modularity": modularity(self.A, self.best, self.resolution),
            "planted_modularity": modularity(self.A, self.truth, self.resolution),
            "nmi": Agreement(self.truth, self.labels).nmi(),
            "communities": len(self.labels.unique()),
            "error": abs(self.modularity - by_pairs),
        }

    def pictures(self) -> Iterator[Picture]:
        """The graph, and the modularity of every step."""
        yield Picture("graph", self._graph())
        yield Picture("modularity", self._curve())

    def drawn(self) -> tuple[str, Tensor]:
        """The edges (n, n) that are drawn, and what they are; all of them would hide each other."""
        return "edges between communities", self.A * (self.labels[:, None] != self.labels)

    def _graph(self) -> Scatter:
        """Nodes in the colours of their communities, each planted group on a circle; some edges as lines."""
        x, y = self.places.T.numpy()
        label = self.labels % COLOURS
        name, edges = self.drawn()
        paths = [Path(x=x[list(edge)], y=y[list(edge)], name=name) for edge in edges.triu().nonzero().tolist()]
        return Scatter(
            x=x, y=y, label=label.numpy(), classes=[f"community {c + 1}" for c in range(int(label.max()) + 1)],
            x_title="", y_title="", paths=paths, marks=Marks(x=x, y=y, label=label.numpy(), signs=True),
        )  # fmt: skip

    def _curve(self) -> Lines:
        steps, Q = self.trail.steps, self.trail.values
        level = torch.full_like(Q, modularity(self.A, self.truth, self.resolution))
        curves = {"found": (steps, Q), "planted groups": (steps, level)}
        return lines(curves, x_title="step", y_title="modularity")


class Removal(Communities):
    """Girvan and Newman's: `left` (n, n) are the edges that are left, and communities are their components."""

    def start(self) -> Tensor:
        self.register_buffer("left", self.A.clone())
        return components(self.left)

    def finished(self) -> bool:
        return not self.left.any()

    def next(self) -> Tensor:
        B = betweenness(self.left)
        i, j = divmod(int(B.argmax()), len(B))
        self.left[i, j] = self.left[j, i] = 0
        return components(self.left)

    def drawn(self) -> tuple[str, Tensor]:
        return super().drawn() if self.done else ("edges removed", self.A - self.left)


class Merging(Communities):
    """Clauset, Newman and Moore's: nodes alone at first; the two that raise Q most, or lower it least, are merged."""

    def start(self) -> Tensor:
        return torch.arange(len(self.A))

    def finished(self) -> bool:
        return int(self.labels.max()) == 0

    def next(self) -> Tensor:
        U = nn.functional.one_hot(self.labels).double()  # (n, C)
        e = U.T @ self.A @ U / self.A.sum()  # (C, C) share of the edges' ends between two communities
        a = e.sum(1)
        gain = 2 * (e - self.resolution * torch.outer(a, a))
        gain.fill_diagonal_(-math.inf)
        i, j = sorted(divmod(int(gain.argmax()), len(gain)))
        return self.labels.where(self.labels != j, i).unique(return_inverse=True)[1]


def layout(groups: int, size: int) -> Tensor:
    """Places (n, 2) of the nodes: each planted group on a circle of its own."""
    turn, inner = (torch.arange(count) * (2 * math.pi / count) for count in (groups, size))
    centres, around = (torch.stack([angle.cos(), angle.sin()], 1) for angle in (turn + math.pi / 4, inner))
    return (centres[:, None] + GROUP_RADIUS * around).flatten(0, 1)
