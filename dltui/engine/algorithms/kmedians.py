"""k-medians: nearest centre by city-block distance, then the median of each coordinate, in turn.

Bradley, Mangasarian, Street 1997, "Clustering via concave minimization".
"""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.kmeans import at_random
from dltui.engine.contracts.task import Context
from dltui.engine.data.clouds import SCATTERED
from dltui.recipes.metric import Metric

RESULT = "labels"
METRICS = {
    "centre_error": Metric("mean distance of a centre from the mean of its class without the outliers", better="lower"),
    "l1": Metric("sum of the city-block distances of the points to their nearest centres", better="lower"),
    "rises": Metric("steps so far after which the sum of city-block distances was greater", better="lower", whole=True),
}
DRAWS = 25  # starts that are drawn, of which the one with the smallest sum of distances is taken
ROUNDING = 1e-9  # a rise that is no more than rounding
PATH = 64  # places of the centres that are remembered


def build(*, k: int = 3, centre: Literal["median", "mean"] = "median") -> Callable[[Context], "KMedians"]:
    """Each step moves every centre into the median of its points, or into their mean, which is k-means.

    k: clusters, at least 1.
    centre: median, points take the centre nearest by city-block distance; mean, the nearest by squared distance.
    """

    def begin(context: Context) -> KMedians:
        x, targets = context.rows.points()
        classes = context.rows.classes
        groups = [x[targets == number].mean(0) for number, name in enumerate(classes) if name != SCATTERED]
        return KMedians(x, first_centres(x, k), centre, torch.stack(groups) if groups else None)

    return begin


def city_block(x: Tensor, centres: Tensor) -> Tensor:
    """(N, D), (k, D) -> sum over the coordinates of |x_i - c_j| (N, k)."""
    return torch.cdist(x, centres, p=1)


def first_centres(x: Tensor, k: int) -> Tensor:
    """k points of x (N, D): of DRAWS draws, those with the smallest sum of distances, so that no outlier is one."""
    draws = [at_random(x, k) for _ in range(DRAWS)]
    return min(draws, key=lambda centres: city_block(x, centres).amin(1).sum().item())


class KMedians(nn.Module):
    """Points x (N, D) in k clusters: `centres` (k, D), `labels` (N,) int64.

    groups: the true centres (groups, D), None where nobody knows them.
    """

    loose = ()

    def __init__(self, x: Tensor, first: Tensor, centre: str, groups: Tensor | None = None):
        super().__init__()
        self.centre, self.groups = centre, groups
        self.register_buffer("x", x, persistent=False)
        self.register_buffer("centres", first)
        self.register_buffer("path", first.repeat(PATH, 1, 1))  # (PATH, k, D), the newest last
        self.register_buffer("rises", torch.tensor(0))
        self.register_buffer("at_rest", torch.tensor(False))

    @property
    def labels(self) -> Tensor:
        """(N,) int64: the nearest centre."""
        if self.centre == "median":
            return city_block(self.x, self.centres).argmin(1)
        return torch.cdist(self.x, self.centres, compute_mode="donot_use_mm_for_euclid_dist").argmin(1)

    @property
    def l1(self) -> float:
        """Sum of the city-block distances of the points to their nearest centres."""
        return city_block(self.x, self.centres).amin(1).sum().item()

    def step(self) -> None:
        """Moves each centre into the middle of its points; one without points stays."""
        labels, before, centres = self.labels, self.l1, self.centres.clone()
        for j in labels.unique().tolist():
            mine = self.x[labels == j]
            centres[j] = mine.quantile(0.5, 0) if self.centre == "median" else mine.mean(0)
        self.at_rest = (centres == self.centres).all()
        self.centres = centres
        self.rises += int(self.l1 > before + ROUNDING)
        self.path = torch.cat([self.path[1:], centres[None]])

    @property
    def done(self) -> bool:
        """Whether another step would change nothing."""
        return bool(self.at_rest)

    def evaluate(self) -> dict[str, float]:
        """The sum of distances, how often it rose, and how far the centres are from the true ones, where known."""
        values = {"l1": self.l1, "rises": int(self.rises)}
        if self.groups is not None:
            from scipy.optimize import linear_sum_assignment

            D = torch.cdist(self.centres, self.groups, compute_mode="donot_use_mm_for_euclid_dist")
            values["centre_error"] = D[linear_sum_assignment(D.numpy())].mean().item()
        return values

    def marks(self) -> tuple[Tensor, Tensor]:
        """The centres (k, D), and the clusters (k,) that they stand for."""
        return self.centres, torch.arange(len(self.centres))

    def paths(self) -> Tensor:
        """The ways that the centres came: (PATH, k, D)."""
        return self.path
