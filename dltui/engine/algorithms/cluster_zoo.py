"""Clusterings of many kinds on points of many shapes: which finds what (von Luxburg et al. 2012, "Clustering: science
or art?")."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from dltui.engine.algorithms import hac
from dltui.engine.algorithms.cluster_metrics import Agreement
from dltui.engine.algorithms.dbscan import DBSCAN
from dltui.engine.algorithms.kmeans import KMeans, plusplus
from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.data import clouds
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Table

NEEDS_DATA = False
METRICS = {
    "solved": Metric("shapes so far on which some method has an adjusted Rand index of 0.9", whole=True),
    "best_everywhere": Metric(
        "methods that so far are within 0.05 of the best adjusted Rand index on every shape", whole=True
    ),
    "best_method": Metric("greatest mean adjusted Rand index of a method over the shapes so far", range=(-1, 1)),
    "best_of_all": Metric(
        "mean over the shapes so far of the best method's adjusted Rand index", range=(-1, 1), axis="best_method"
    ),
    "kmeans_in_field": Metric("clusters that k-means finds in a field without clusters", whole=True),
    "dbscan_in_field": Metric(
        "clusters that DBSCAN finds in a field without clusters", whole=True, axis="kmeans_in_field"
    ),
}
# name -> options of clouds; the number of clusters that a method is given is that of the groups
SHAPES = {
    "field": {"shape": "field"},
    "apart": {"shape": "round", "groups": 4, "spread": 0.1},
    "mixed": {"shape": "stretched", "groups": 3, "spread": 0.2},
    "moons": {"shape": "moons", "spread": 0.06},
    "rings": {"shape": "rings", "spread": 0.05},
    "bands": {"shape": "bands", "groups": 3, "spread": 0.04},
    "bridges": {"shape": "bridges", "groups": 3, "spread": 0.22},
    "noise": {"shape": "round", "groups": 3, "spread": 0.1, "scattered": 0.15},
}
METHODS = ("k-means", "DBSCAN", "single", "spectral", "mixture", "average", "mean shift")
SOLVED, NEAR = 0.9, 0.05
STARTS = 5  # of k-means
SIDE = 24  # pixels of a picture on the sheet
COLOURS = ((86, 180, 233), (230, 159, 0), (0, 158, 115), (204, 121, 167), (213, 94, 0), (240, 228, 66))
GREY = (110, 110, 110)  # of noise


def build(
    *,
    rows: int = 500,
    field_k: int = 3,
    eps: float = 0.3,
    min_points: int = 4,
    radius: float = 0.9,
    neighbours: int = 10,
) -> Callable[[Context], "ClusterZoo"]:
    """Each step runs one method on one shape; every method keeps its options on all shapes.

    rows: points of a shape, at least 60, at most 600.
    field_k: clusters that are asked for in the field without clusters, at least 1.
    eps: how near neighbours are for DBSCAN, above 0; points have deviation 1.
    min_points: neighbours that make a core point of DBSCAN, itself among them, at least 1.
    radius: of mean shift's window, above 0.
    neighbours: nearest points that spectral clustering joins, at least 2.
    """

    def begin(context: Context) -> ClusterZoo:
        methods = (
            kmeans,
            lambda x, k: dbscan(x, eps, min_points),
            lambda x, k: linked(x, k, "single"),
            lambda x, k: spectral(x, k, neighbours, context.seed),
            lambda x, k: mixture(x, k, context.seed),
            lambda x, k: linked(x, k, "average"),
            lambda x, k: mean_shift(x, radius),
        )
        return ClusterZoo(dict(zip(METHODS, methods, strict=True)), rows, field_k, context.seed)

    return begin


# -- methods: points x (N, D), number of clusters k -> labels (N,) int64, those below 0 in no cluster ------------------


def kmeans(x: Tensor, k: int) -> Tensor:
    """The best of STARTS runs of k-means."""
    algorithm = KMeans(x, lambda: plusplus(x, k), STARTS)
    while not algorithm.done:
        algorithm.step()
    return algorithm.labels


def linked(x: Tensor, k: int, linkage: str) -> Tensor:
    """The tree of merges, cut into k; a point that is alone is a cluster of its own."""
    return numbered(hac.clusters(hac.merged(x, linkage), len(x) - k))


def numbered(labels: Tensor) -> Tensor:
    """Labels (N,) with a number of its own for each point that is in no cluster."""
    return torch.where(labels < 0, len(labels) + torch.arange(len(labels)), labels).unique(return_inverse=True)[1]


def dbscan(x: Tensor, eps: float, min_points: int) -> Tensor:
    """Waves through dense places; it is not told k."""
    algorithm = DBSCAN(x, eps, min_points)
    while not algorithm.done:
        algorithm.step()
    return algorithm.labels


def mean_shift(x: Tensor, radius: float) -> Tensor:
    """Windows that climb; it is not told k."""
    from sklearn.cluster import MeanShift  # 1.8 s

    return torch.from_numpy(MeanShift(bandwidth=radius, bin_seeding=True).fit_predict(x.numpy())).long()


def mixture(x: Tensor, k: int, seed: int) -> Tensor:
    """A mixture of Gaussians, each point in its likeliest."""
    from sklearn.mixture import GaussianMixture

    return torch.from_numpy(GaussianMixture(k, n_init=STARTS, random_state=seed).fit_predict(x.numpy())).long()


def spectral(x: Tensor, k: int, neighbours: int, seed: int) -> Tensor:
    """k-means on the eigenvectors of the nearest neighbours' graph."""
    from sklearn.cluster import SpectralClustering
    from sklearn.neighbors import kneighbors_graph

    graph = kneighbors_graph(x.numpy(), neighbours, include_self=True)
    graph = np.maximum(graph.toarray(), graph.toarray().T) + 1e-6  # so weakly all are joined: it is one component
    found = SpectralClustering(k, affinity="precomputed", random_state=seed).fit_predict(graph)
    return torch.from_numpy(found).long()


# -- the walkthrough ---------------------------------------------------------------------------------------------------


class Shape:
    """Points x (N, 2) float64, their groups (N,), which of them belong to a group (N,), and how many groups."""

    def __init__(self, name: str, rows: int, field_k: int, seed: int):
        data = clouds.build(rows=rows, seed=seed, **SHAPES[name]).builtin()
        self.x = torch.cat([data.train.inputs, data.test.inputs]).double()
        self.groups = torch.cat([data.train.targets, data.test.targets])
        loose = data.classes[-1] == clouds.SCATTERED
        self.grouped = self.groups < len(data.classes) - loose
        self.k = field_k if name == "field" else len(data.classes) - loose

    def ari(self, labels: Tensor) -> float:
        """Adjusted Rand index over the points of groups; a point in no cluster counts to that of the nearest one."""
        known = labels >= 0
        if known.any():
            labels = labels[known][torch.cdist(self.x, self.x[known]).argmin(1)]
        return Agreement(self.groups[self.grouped], numbered(labels)[self.grouped]).ari()


class ClusterZoo:
    """Methods, each on every shape, shape by shape; what was found is kept."""

    def __init__(self, methods: dict[str, Callable[[Tensor, int], Tensor]], rows: int, field_k: int, seed: int):
        self.methods, self.seed = methods, seed
        self.shapes = {name: Shape(name, rows, field_k, seed) for name in SHAPES}
        self.cells = [(method, shape) for shape in SHAPES for method in methods]
        self.length = len(self.cells)
        self.found: list[tuple[Tensor, float]] = []  # labels (N,) and adjusted Rand index of a cell

    def at(self, step: int) -> Moment:
        """With the first `step` cells of the sheet."""
        while len(self.found) < step:
            method, name = self.cells[len(self.found)]
            shape = self.shapes[name]
            with torch.random.fork_rng([]):
                torch.manual_seed(self.seed)
                labels = self.methods[method](shape.x, shape.k)
            self.found.append((labels, shape.ari(labels)))
        aris = np.full((len(SHAPES), len(self.methods)), np.nan)
        aris.flat[:step] = [ari for _, ari in self.found[:step]]
        count = len(self.methods)
        first = max(0, step - 1) // count * count  # of the shape that the newest cell belongs to
        pictures = [
            Picture("shape", self._sheet(range(first, first + count), step, title=self.cells[first][1])),
            Picture("ari", self._table(aris)),
            Picture("sheet", self._sheet(range(self.length), step)),
        ]
        return Moment(self._metrics(aris, step), pictures)

    def _metrics(self, aris: np.ndarray, step: int) -> dict[str, float]:
        """Over the shapes that all methods have tried."""
        whole = aris[: step // len(self.methods)]  # (shapes, methods)
        metrics = {}
        for name, method in (("kmeans_in_field", "k-means"), ("dbscan_in_field", "DBSCAN")):
            cell = self.cells.index((method, "field"))
            if cell < step:
                labels = self.found[cell][0]
                metrics[name] = len(labels[labels >= 0].unique())
        if len(whole):
            best = whole.max(1)  # (shapes,)
            metrics |= {
                "solved": (best >= SOLVED).sum(),
                "best_everywhere": (whole >= best[:, None] - NEAR).all(0).sum(),
                "best_method": whole.mean(0).max(),
                "best_of_all": best.mean(),
            }
        return {name: float(value) for name, value in metrics.items()}

    def _table(self, aris: np.ndarray) -> Table:
        """A row a shape, a column a method."""
        rows = [
            [name, *("" if np.isnan(value) else f"{round(value, 2) + 0.0:.2f}" for value in row)]
            for name, row in zip(SHAPES, aris, strict=True)
        ]
        return Table(columns=["", *self.methods], rows=rows)

    def _sheet(self, cells: range, step: int, *, title: str = "") -> dict:
        """A picture a cell, a row a shape; points in grey where a method is still to come, or where it says noise."""
        colours = torch.tensor([*COLOURS, GREY], dtype=torch.uint8)
        drawn, captions = torch.zeros(len(cells), 3, SIDE, SIDE, dtype=torch.uint8), []
        for place, cell in enumerate(cells):
            method, name = self.cells[cell]
            x = self.shapes[name].x
            low, high = x.amin(0), x.amax(0)
            across, up = ((x - low) / (high - low) * (SIDE - 1)).round().long().T
            labels = self.found[cell][0] if cell < step else torch.full((len(x),), -1)
            chosen = torch.where(labels < 0, len(COLOURS), labels % len(COLOURS))
            drawn[place][:, SIDE - 1 - up, across] = colours[chosen].T
            captions.append(method if title else f"{name}: {method}")
        return montage(drawn, columns=len(self.methods), captions=captions, title=title)
