"""Spectral clustering: k-means on the eigenvectors of a similarity graph's Laplacian.

Shi and Malik 2000, "Normalized cuts and image segmentation"; von Luxburg 2007, "A tutorial on spectral clustering".
"""

import math
from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.kmeans import KMeans, plusplus
from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.row_limit import refuse_more
from dltui.engine.contracts.task import Context, Picture
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars

RESULT = "labels"
METRICS = {
    "zeros": Metric("eigenvalues of the Laplacian that are zero", whole=True),
    "components": Metric("connected components of the graph, as scipy counts them", whole=True, axis="zeros"),
    "residual": Metric("greatest distance of L u from lambda u over the k vectors found", better="lower", log=True),
}
MOST = 2000  # rows: beyond, all eigenvectors of a full matrix take minutes
ZERO = 1e-9  # an eigenvalue below it is zero
LEAST = 1e-8  # a walk is no longer than leaves this of the k-th vector: rounding would drown it
SHOWN = 8  # eigenvalues
STARTS = 5  # of k-means


def build(
    *,
    k: int = 2,
    graph: Literal["neighbours", "gaussian"] = "neighbours",
    neighbours: int = 10,
    sigma: float = 0.15,
) -> Callable[[Context], "Spectral"]:
    """Each step takes a walk on the graph that is twice as long, until k random vectors have become eigenvectors.

    k: clusters, and eigenvectors, at least 2.
    graph: neighbours joins a point to its nearest ones, gaussian all pairs by exp(-d^2 / (2 sigma^2)).
    neighbours: nearest points that it is joined to, itself among them, at least 2.
    sigma: how far the similarity of the gaussian graph reaches, above 0.
    """

    def begin(context: Context) -> Spectral:
        x, _ = context.rows.points()
        refuse_more(len(x), MOST, "Spectral clustering", "algorithm.kind=gmm", matrices=3)
        W = by_neighbours(x, neighbours) if graph == "neighbours" else by_distance(x, sigma)
        return Spectral(x, W, k)

    return begin


def by_neighbours(x: Tensor, count: int) -> Tensor:
    """x (N, D) -> W (N, N): 1 where each of two points is among the other's nearest `count`, 1/2 where one is."""
    D = torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist")
    near = D.topk(min(count, len(x)), largest=False).indices
    A = torch.zeros_like(D).scatter_(1, near, 1.0)
    return ((A + A.T) / 2).fill_diagonal_(0)


def by_distance(x: Tensor, sigma: float) -> Tensor:
    """x (N, D) -> W (N, N): exp(-d^2 / (2 sigma^2))."""
    D = torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist")
    return (-D.square() / (2 * sigma**2)).exp().fill_diagonal_(0)


def laplacian(W: Tensor) -> tuple[Tensor, Tensor]:
    """W (N, N) -> L = I - d^-1/2 W d^-1/2, and what its eigenvectors are divided by: sqrt(d) (N,)."""
    d = W.sum(1)
    root = torch.where(d > 0, d, 1).sqrt()
    return (d > 0).to(W.dtype).diag() - W / root / root[:, None], root


class Spectral(nn.Module):
    """Points x (N, D) as nodes of a graph W (N, N): `Y` (N, k) turns into the first k eigenvectors of its Laplacian."""

    loose = ()

    def __init__(self, x: Tensor, W: Tensor, k: int):
        super().__init__()
        self.L, self.root = laplacian(W)
        self.values, self.vectors = torch.linalg.eigh(self.L)  # (N,) rising, (N, N)
        self.components = components(W)
        self.register_buffer("Y", torch.linalg.qr(torch.randn(len(x), k, dtype=x.dtype)).Q)
        self.register_buffer("labels", torch.zeros(len(x), dtype=torch.long))
        self.register_buffer("at_rest", torch.tensor(False))
        self.walks = Counter(self, "taken", 0)
        self._cluster()

    def step(self) -> None:
        """Orthogonal iteration: the random walk of 2^t steps damps all but the smoothest vectors on the graph."""
        kept = (1 - self.values / self.values[-1].clamp(min=2)).clamp(min=0)  # (N,) of each vector after one step
        most = math.log(LEAST) / torch.log(kept[self.Y.shape[1] - 1]).clamp(max=-LEAST).item()
        kept = kept ** min(2.0 ** int(self.walks), most)
        walked = self.vectors @ (kept[:, None] * (self.vectors.T @ self.Y))  # (N, k)
        Q, R = torch.linalg.qr(walked)
        self.Y = Q * torch.where(R.diagonal() < 0, -1.0, 1.0).to(Q.dtype)  # signs that do not flip on the way
        self.walks.set(int(self.walks) + 1)
        self.at_rest = torch.tensor(self.residual < ZERO)
        self._cluster()

    def _cluster(self) -> None:
        """k-means on the rows of the embedding; clusters keep their numbers from step to step."""
        from scipy.optimize import linear_sum_assignment

        E, k = self.embedding, self.Y.shape[1]
        means = KMeans(E, lambda: plusplus(E, k), STARTS)
        while not means.done:
            means.step()
        both = torch.bincount(means.labels * k + self.labels, minlength=k * k).view(k, k)
        self.labels = torch.from_numpy(linear_sum_assignment(both.numpy(), maximize=True)[1])[means.labels]

    @property
    def done(self) -> bool:
        """Whether the vectors are eigenvectors."""
        return bool(self.at_rest)

    @property
    def embedding(self) -> Tensor:
        """(N, k): what k-means clusters in the place of the points."""
        return self.Y / self.root[:, None]

    @property
    def residual(self) -> float:
        """How far the vectors are from being eigenvectors."""
        LY = self.L @ self.Y
        return (LY - self.Y * (self.Y * LY).sum(0)).abs().max().item()

    def evaluate(self) -> dict[str, float]:
        """Zero eigenvalues beside the graph's components, and how far the vectors are from eigenvectors."""
        return {
            "zeros": int((self.values < ZERO).sum()),
            "components": self.components,
            "residual": self.residual,
        }

    def places(self) -> tuple[Tensor, tuple[str, str]]:
        """The last two coordinates of the embedding (N, 2), and what they are."""
        k = self.Y.shape[1]
        return self.embedding[:, -2:], (f"eigenvector {k - 1}", f"eigenvector {k}")

    def pictures(self) -> Iterator[Picture]:
        """The least eigenvalues."""
        least = self.values[:SHOWN].clamp(min=0).tolist()
        labels = [str(number + 1) for number in range(len(least))]
        yield Picture("eigenvalues", Bars(labels=labels, values=least, title="least eigenvalues of the Laplacian"))


def components(W: Tensor) -> int:
    """Connected components of a graph W (N, N)."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components  # 0.2 s

    return int(connected_components(csr_matrix(W.numpy()), directed=False)[0])
