"""Labels: the result of clustering. Clusters beside the classes, and the points in their clusters' colours."""

from collections.abc import Callable, Iterator
from typing import Protocol

import torch
from torch import Tensor

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.clusters import clusters_picture, tree_picture
from dltui.recipes.metric import Metric

NEEDED = ("labels", "loose")  # of the algorithm
TAKES = ("table", "unlabelled")
METRICS = {
    "ari": Metric("adjusted Rand index with the classes: 1 if equal, 0 by chance", better="higher", range=(-1, 1)),
    "clusters": Metric("clusters that were found so far", whole=True),
}
ALONE = "alone"  # the name of a label of points that are in no cluster of two or more


class Labels(Protocol):
    """A clustering of the points `context.rows.points()` (N, D)."""

    labels: Tensor  # (N,) int64 from 0; -1, -2 ... for points in no cluster
    loose: tuple[str, ...]  # the names of the labels -1, -2 ...

    def marks(self) -> tuple[Tensor, Tensor]:
        """May be left out: centres (k, D), and the clusters (k,) that they stand for."""

    def paths(self) -> Tensor:
        """May be left out: the ways of k centres, (steps, k, D), the newest last; or k outlines."""

    def memberships(self) -> Tensor:
        """May be left out: how much each point belongs to each of k clusters, (N, k): their colours are mixed."""

    def places(self) -> tuple[Tensor, tuple[str, str]]:
        """May be left out: where else points are drawn, (N, 2), and the names of its axes; their plane comes after."""

    def tree(self) -> dict:
        """May be left out: Z (N - 1, 4), shown (first row, last + 1) and cut of a dendrogram."""


def build() -> Callable[[Labels, Context], "LabelsResult"]:
    """Returns what measures and draws a clustering."""
    return LabelsResult


class LabelsResult:
    """All rows of the data, training and test alike, in the clusters of now; drawn on their two widest directions."""

    def __init__(self, clustering: Labels, context: Context):
        self.clustering, self.classes = clustering, context.rows.classes
        self.points, self.targets = context.rows.points()  # (N, D), (N,)
        D = self.points.shape[1]
        self.plane = torch.eye(D, 2).double() if D <= 2 else torch.pca_lowrank(self.points, 2)[2]  # (D, 2)

    def evaluate(self) -> dict[str, float]:
        """What has been found so far, beside the classes where the rows have some."""
        from sklearn.metrics import adjusted_rand_score  # 1.8 s

        labels = self.clustering.labels
        values = {"clusters": len(labels[labels >= 0].unique())}
        if self.classes:
            values["ari"] = adjusted_rand_score(self.targets.numpy(), self._separated(labels).numpy())
        return values

    def pictures(self) -> Iterator[Picture]:
        """The tree where there is one, and the points."""
        labels, drawn = self.clustering.labels, {"loose": self.clustering.loose}
        if hasattr(self.clustering, "tree"):
            yield Picture("tree", tree_picture(labels=labels, **self.clustering.tree()))
        pane = "points"
        if hasattr(self.clustering, "places"):
            places, titles = self.clustering.places()
            yield Picture(pane, clusters_picture(places, labels, titles=titles, **drawn))
            pane = "plane"
        if hasattr(self.clustering, "marks"):
            places, owners = self.clustering.marks()
            drawn["marks"] = places @ self.plane, owners
        if hasattr(self.clustering, "paths"):
            drawn["paths"] = self.clustering.paths() @ self.plane
        if hasattr(self.clustering, "memberships"):
            drawn["shares"] = self.clustering.memberships()
        yield Picture(pane, clusters_picture(self.points @ self.plane, labels, **drawn))

    def _separated(self, labels: Tensor) -> Tensor:
        """Labels (N,) in which a point that is alone is a cluster of its own; noise is one, as in scikit-learn."""
        alone = (labels < 0) & (ALONE in self.clustering.loose)
        return torch.where(alone, labels.max() + 1 + torch.arange(len(labels)), labels)
