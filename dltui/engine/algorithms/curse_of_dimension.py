"""The curse of dimension: in many dimensions all neighbours are far, and nobody is average (Beyer et al. 1999).

"When is nearest neighbor meaningful?", doi:10.1007/3-540-49257-7_15; Daniels 1952, "The average man?", of pilots.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Lines

NEEDS_DATA = False
METRICS = {
    "dimensions": Metric("dimensions of the points, measures of a person", counter=True),
    "distance_ratio": Metric(
        "distance of the nearest point by that of the farthest, mean of the queries", range=(0, 1)
    ),
    "cube_side": Metric("side of the cube that holds a tenth of the unit cube", range=(0, 1), axis="distance_ratio"),
    "average_share": Metric(
        "share of people within 0.3 deviations of the mean in all measures, ten at most", range=(0, 1)
    ),
    "predicted_share": Metric(
        "share of people who are average in all measures, by the formula", range=(0, 1), axis="average_share"
    ),
    "share_error": Metric("greatest distance of the two shares so far, in standard errors", check=True),
    "average_pilots": Metric("of 4,063 pilots, those who are average in ten measures, by the formula"),
}
DIMENSIONS = (1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000)
POINTS, QUERIES, PEOPLE, PILOTS, MEASURES = 500, 40, 100_000, 4063, 10
NEAR = 0.3  # deviations
BINS = 40
STRIDE = 1_000_003  # a prime: seeds and dimensions do not meet


def build(*, correlation: float = 0.0) -> Callable[[Context], "CurseOfDimension"]:
    """Each step goes to more dimensions.

    correlation: of each two columns, at least 0, at most 0.99.
    """
    return lambda context: CurseOfDimension(correlation, context.seed)


def drawn(rows: int, d: int, correlation: float, random: torch.Generator) -> Tensor:
    """Returns normal rows (rows, d) of variance 1, each two columns with this correlation: they share one number."""
    shared, own = (torch.randn(rows, size, dtype=torch.float64, generator=random) for size in (1, d))
    return correlation**0.5 * shared + (1 - correlation) ** 0.5 * own


def average_share(d: int, correlation: float) -> float:
    """Returns the share of such rows with all d numbers in -0.3..0.3: (2 Phi(0.3) - 1)^d where they are independent."""
    normal = torch.distributions.Normal(0.0, 1.0)
    g = torch.linspace(-8, 8, 4001, dtype=torch.float64)  # the number that a row's columns share
    shift, scale = correlation**0.5 * g, (1 - correlation) ** 0.5
    inside = normal.cdf((NEAR - shift) / scale) - normal.cdf((-NEAR - shift) / scale)
    weight = torch.exp(-g.square() / 2) / math.sqrt(2 * math.pi)
    return torch.trapezoid(weight * inside**d, g).item()


class CurseOfDimension:
    """A walkthrough of DIMENSIONS; what is drawn for d depends on the seed and d alone."""

    length = len(DIMENSIONS) - 1

    def __init__(self, correlation: float, seed: int):
        self.correlation, self.seed = correlation, seed
        self.average = self._averages()
        self.distances: dict[int, Tensor] = {}

    def _averages(self) -> list[float]:
        """Share of the people who are average in the first d measures, d = 1 ... MEASURES."""
        people = drawn(PEOPLE, MEASURES, self.correlation, torch.Generator().manual_seed(self.seed))
        return (people.abs() <= NEAR).cumprod(1).double().mean(0).tolist()

    def _distances(self, d: int) -> Tensor:
        """(QUERIES, POINTS): from each query to each point."""
        if d not in self.distances:
            random = torch.Generator().manual_seed(self.seed * STRIDE + d)
            points, queries = (drawn(rows, d, self.correlation, random) for rows in (POINTS, QUERIES))
            self.distances[d] = torch.cdist(queries, points, compute_mode="donot_use_mm_for_euclid_dist")
        return self.distances[d]

    def ratio(self, d: int) -> float:
        """The nearest point's distance by the farthest's, mean of the queries."""
        distances = self._distances(d)
        return (distances.amin(1) / distances.amax(1)).mean().item()

    def at(self, step: int) -> Moment:
        """In DIMENSIONS[step] dimensions."""
        seen = DIMENSIONS[: step + 1]
        d = seen[-1]
        measures = range(1, min(d, MEASURES) + 1)
        predicted = {m: average_share(m, self.correlation) for m in measures}
        errors = [
            abs(self.average[m - 1] - p) * PEOPLE / max(1.0, PEOPLE * p * (1 - p)) ** 0.5 for m, p in predicted.items()
        ]
        metrics = {
            "dimensions": float(d),
            "distance_ratio": self.ratio(d),
            "cube_side": 0.1 ** (1 / d),
            "average_share": self.average[len(measures) - 1],
            "predicted_share": predicted[len(measures)],
            "share_error": max(errors),
            "average_pilots": PILOTS * average_share(MEASURES, self.correlation),
        }
        people = {
            "people": (list(measures), self.average[: len(measures)]),
            "formula": (list(measures), [*predicted.values()]),
        }
        ratios = {"nearest / farthest": (list(seen), [self.ratio(each) for each in seen])}
        cube = {"side of a tenth": (list(seen), [0.1 ** (1 / each) for each in seen])}
        return Moment(
            metrics,
            [
                Picture("distances", self._histograms(d)),
                Picture("ratio", lines(ratios | cube, x_title="dimensions", y_title="share", log_x=True)),
                Picture("average", lines(people, x_title="measures", y_title="share of people", log_y=True)),
            ],
        )

    def _histograms(self, d: int) -> Lines:
        """How the distances lie between 0 and the farthest point: in d dimensions, and before in 1 and in 10."""
        edges = torch.linspace(0, 1, BINS + 1, dtype=torch.float64)
        curves = {}
        for each in sorted({d, *(few for few in (1, 10) if few < d)}, reverse=True):
            distances = self._distances(each)
            shares = (distances / distances.amax(1, keepdim=True)).flatten()
            counts = torch.histogram(shares, edges).hist / shares.numel()
            curves[f"{each} dimension{'s' * (each > 1)}"] = ((edges[1:] + edges[:-1]) / 2, counts)
        return lines(curves, x_title="distance by that of the farthest point", y_title="share of points")
