"""Clustering: an algorithm that is given no classes finds groups of points, one iteration a step."""

import inspect
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.dendrogram import ALONE
from dltui.engine.dataset import Dataset, as_floats
from dltui.engine.pictures.clusters import clusters_picture, tree_picture
from dltui.engine.task import Picture

MODELS = ()
METRICS = {
    "ari": "adjusted Rand index against the classes: 1 where they agree, about 0 by chance",
    "clusters": "clusters that were found so far",
    "inertia": "k-means: sum of the squared distances to the points' own centres",
    "sklearn_inertia": "k-means: that of the best of ten runs of scikit-learn",
    "same_start_inertia": "k-means: that of scikit-learn from the same start",
    "agreement": "DBSCAN: share of points with scikit-learn's label; HAC: of pairs that meet as high as scipy's",
    "noise": "DBSCAN: share of the points that belong to no cluster",
}


def build(
    *,
    algorithm: Literal["kmeans", "dbscan", "hac", "diana"] = "kmeans",
    k: int = 3,
    start: Literal["plusplus", "random"] = "plusplus",
    starts: int = 1,
    eps: float = 0.2,
    min_points: int = 5,
    linkage: Literal["single", "average", "centroid"] = "average",
) -> Callable:
    """Returns (data, nets, device) -> Cluster.

    algorithm: a file of engine/algorithms; it takes those of the options below that are its own.
    k: clusters that kmeans, hac and diana look for, at least 1.
    start: first centres of kmeans: points far from each other (k-means++), or any points.
    starts: how often kmeans begins anew, of which it keeps the best end, at least 1.
    eps: how near neighbours are, for dbscan, above 0; the data have deviation 1 in both directions.
    min_points: neighbours that make a core point of dbscan, itself among them, at least 1.
    linkage: distance between clusters, for hac: of their nearest points, the average, or of their centres.
    """
    given = {"k": k, "start": start, "starts": starts, "eps": eps, "min_points": min_points, "linkage": linkage}
    return partial(Cluster, algorithm=algorithm, options=given)


class Cluster:
    """All rows of the data, training and test alike, as points (N, D) on the host.

    An algorithm's module has `build(x, *, options)`; what it makes is a module of buffers with `step()`, `done`,
    `labels` (N,) from 0, `loose`, the names of the labels -1 and below, `metrics()`; and where it has them
    `marks()`, `paths()`, `tree()` to be drawn.
    """

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, algorithm: str, options: dict):
        rows = torch.cat([as_floats(data.train.inputs), as_floats(data.test.inputs)]).flatten(1)
        self.points = rows.double()  # (N, D); few of them: a device would only wait
        self.targets = torch.cat([data.train.targets, data.test.targets])
        module = import_module(f"dltui.engine.algorithms.{algorithm}")
        own = inspect.signature(module.build).parameters
        self.algorithm = module.build(self.points, **{name: options[name] for name in options if name in own})
        nets["algorithm"] = self.algorithm
        D = self.points.shape[1]
        self.plane = torch.eye(D, 2).double() if D <= 2 else torch.pca_lowrank(self.points, 2)[2]  # (D, 2)

    def advance(self, step: int) -> dict[str, float]:
        """One iteration, as long as one changes something."""
        if not self.algorithm.done:
            self.algorithm.step()
        return {}

    def evaluate(self) -> dict[str, float]:
        """What has been found so far, beside the classes and beside a library's result."""
        from sklearn.metrics import adjusted_rand_score  # 1.8 s

        labels = self.algorithm.labels
        return {
            "ari": float(adjusted_rand_score(self.targets.numpy(), self._parted(labels).numpy())),
            "clusters": float(len(labels[labels >= 0].unique())),
            **self.algorithm.metrics(),
        }

    def pictures(self) -> Iterator[Picture]:
        """The tree where there is one, and the points."""
        labels = self.algorithm.labels
        if hasattr(self.algorithm, "tree"):
            yield Picture("tree", tree_picture(labels=labels, **self.algorithm.tree()))
        drawn = {"loose": self.algorithm.loose}
        if hasattr(self.algorithm, "marks"):
            places, owners = self.algorithm.marks()
            drawn["marks"] = places @ self.plane, owners
        if hasattr(self.algorithm, "paths"):
            drawn["paths"] = self.algorithm.paths() @ self.plane
        yield Picture("points", clusters_picture(self.points @ self.plane, labels, **drawn))

    def _parted(self, labels: Tensor) -> Tensor:
        """Labels (N,) in which a point that is alone is a cluster of its own; noise is one, as in scikit-learn."""
        alone = (labels < 0) & (ALONE in self.algorithm.loose)
        return torch.where(alone, labels.max() + 1 + torch.arange(len(labels)), labels)
