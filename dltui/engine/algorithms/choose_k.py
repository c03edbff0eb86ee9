"""How many clusters: the elbow of k-means' inertia, and silhouettes (Rousseeuw 1987).

Satopaa et al. 2011, "Finding a 'kneedle' in a haystack": the elbow is where the curve lies farthest below its chord.
"""

from collections.abc import Callable
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.metrics.silhouette import silhouettes
from dltui.engine.pictures.clusters import clusters_picture
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars, Lines

TAKES = ("table", "unlabelled")
METRICS = {
    "k_elbow": Metric("clusters at the elbow of the inertia of all k tried so far", whole=True),
    "k_silhouette": Metric("clusters with the greatest mean silhouette so far", whole=True, axis="k_elbow"),
    "inertia": Metric(
        "sum of the squared distances of the points to their own centres, for the newest k", better="lower"
    ),
    "silhouette": Metric("mean silhouette for the newest k", better="higher", range=(-1, 1)),
    "best_silhouette": Metric("greatest mean silhouette so far", better="higher", range=(-1, 1), axis="silhouette"),
    "negative": Metric("share of points with a negative silhouette, for the newest k", better="lower", range=(0, 1)),
    "error": Metric("greatest distance of a silhouette from scikit-learn's", better="lower", check=True),
}
BARS = 15  # of all clusters together


def build(*, max_k: int = 10, starts: int = 20) -> Callable[[Context], "ChooseK"]:
    """Each step clusters with one centre more by k-means and measures the result.

    max_k: clusters at most, at least 3 and at most 20.
    starts: random starts of k-means, of which the best end counts, at least 1.
    """
    return lambda context: ChooseK(context.rows.points()[0], max_k, starts, context.seed)


def elbow(inertias: list[float]) -> int:
    """Inertias of k = 1, 2 ... -> the k whose point lies farthest below the line from the first to the last."""
    J = np.array(inertias)
    if len(J) < 3 or J[0] == J[-1]:
        return 1
    down = (J - J[-1]) / (J[0] - J[-1])  # from 1 to 0
    return int((np.linspace(1, 0, len(J)) - down).argmax()) + 1


class ChooseK:
    """A walkthrough of k = 1 ... max_k: k-means is scikit-learn's, elbow and silhouettes are ours."""

    def __init__(self, x: Tensor, max_k: int, starts: int, seed: int):
        from sklearn.cluster import KMeans  # 1.8 s

        self.x = x
        self.plane = torch.eye(x.shape[1], 2).double() if x.shape[1] <= 2 else torch.linalg.svd(x - x.mean(0))[2][:2].T
        self.length = min(max_k, len(x) - 1) - 1
        models = [
            KMeans(k, init="random", n_init=starts, random_state=seed).fit(x.numpy()) for k in range(1, self.length + 2)
        ]
        self.inertias = [float(model.inertia_) for model in models]
        self.labels = [torch.from_numpy(model.labels_).long() for model in models]
        self.centres = [torch.from_numpy(model.cluster_centers_) for model in models]
        self.values = [silhouettes(x, labels) if at else None for at, labels in enumerate(self.labels)]
        self.means = [np.nan, *(values.mean().item() for values in self.values[1:])]  # of one cluster there is none

    @cached_property
    def errors(self) -> list[float]:
        """The greatest distance from scikit-learn's silhouettes, for k = 2, 3 ..."""
        from sklearn.metrics import silhouette_samples

        return [
            float(np.abs(values.numpy() - silhouette_samples(self.x.numpy(), labels.numpy())).max())
            for values, labels in zip(self.values[1:], self.labels[1:], strict=True)
        ]

    def at(self, step: int) -> Moment:
        """With k = step + 1 as the newest."""
        metrics = {"inertia": self.inertias[step], "k_elbow": elbow(self.inertias[: step + 1])}
        pictures = [Picture("choice", self._choice(step))]
        if step:
            metrics |= {
                "k_silhouette": int(np.nanargmax(self.means[: step + 1])) + 1,
                "silhouette": self.means[step],
                "best_silhouette": np.nanmax(self.means[: step + 1]),
                "negative": (self.values[step] < 0).double().mean().item(),
                "error": max(self.errors[:step]),
            }
            pictures.append(Picture("silhouettes", self._silhouettes(step)))
        marks = self.centres[step] @ self.plane, torch.arange(step + 1)
        pictures.append(Picture("points", clusters_picture(self.x @ self.plane, self.labels[step], marks=marks)))
        return Moment({name: float(value) for name, value in metrics.items()}, pictures)

    def _choice(self, step: int) -> Lines:
        """Both curves over k; what is to come is empty, so that the axis stands still."""
        k = np.arange(1, self.length + 2)
        inertia, silhouette = np.full((2, len(k)), np.nan)
        inertia[: step + 1] = np.array(self.inertias[: step + 1]) / self.inertias[0]
        silhouette[: step + 1] = self.means[: step + 1]
        curves = {"inertia, share of k = 1": (k, inertia), "mean silhouette": (k, silhouette)}
        return lines(curves, x_title="clusters k", y_title="")

    def _silhouettes(self, step: int) -> Bars:
        """A few bars a cluster, from its deepest points to those at its border: each the mean of a part of them."""
        labels, values = [], []
        for cluster in range(step + 1):
            mine = self.values[step][self.labels[step] == cluster].sort(descending=True).values
            parts = mine.tensor_split(min(len(mine), max(1, BARS // (step + 1))))
            labels += [str(cluster + 1)] + [""] * (len(parts) - 1)
            values += [part.mean().item() for part in parts]
        return Bars(labels=labels, values=values, title="silhouettes by cluster, deepest points first")
