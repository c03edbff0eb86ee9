"""Three wishes that no clustering grants at once (Kleinberg 2002, "An impossibility theorem for clustering").

Scale invariance: other units, the same clusters. Richness: any division of the points is possible. Consistency: where
points of one cluster come nearer and clusters move apart, they stay the clusters.
"""

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

import numpy as np

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Scatter, Table

NEEDS_DATA = False
METRICS = {
    "scale_invariance": Metric("share of the scales so far that left the clusters as they were", range=(0, 1)),
    "richness": Metric("share of the divisions of five points so far that came out as wanted", range=(0, 1)),
    "consistency": Metric("share of the permitted changes so far that left the clusters as they were", range=(0, 1)),
}
HEAP, FEW, SIZE = 20, 5, 0.08  # points of a large heap and of the small one, and the radius of both
LARGE = np.array([(-(3**0.5), 1.0), (-(3**0.5), -1.0), (0.0, 0.0)])  # 2 apart from one another
SMALL = np.array([3.25, 0.0])
MOVES = 12  # steps of a change
POINTS = 5  # that are divided in all 52 ways
SPACE, APART = 0.1, 10.0  # of the points of a group, and from the groups' middle
CONSISTENCY = ("consistency: one leaves", "consistency: two join")
FRAMES = {  # (left, right, bottom, top) of what is shown while a wish is tried: it stands still
    "scale_invariance": (-2.0, 3.5, -1.2, 1.2),
    "richness": (-APART, APART, -APART, APART),
    "consistency": (-2.0, 7.5, -1.2, 1.2),
}
SAME = 1e-9  # distances that differ less are equal


def build(
    *, rule: Literal["count", "distance", "scale", "kmeans"] = "count", k: int = 2, r: float = 1.0, alpha: float = 0.3
) -> Callable[[Context], "Kleinberg"]:
    """Each step changes the points a little further and clusters them anew: first scales, then divisions, then moves.

    rule: single linkage until there are `count` clusters, until the next merge is longer than a `distance`, or than a
        share of the greatest distance, `scale`; or kmeans.
    k: clusters of count and of kmeans, at least 1, at most 5.
    r: length of the longest merge of distance, above 0.
    alpha: share of the greatest distance that is the longest merge of scale, above 0, below 1.
    """
    return lambda context: Kleinberg(rule, k, r, alpha)


def distances(x: np.ndarray) -> np.ndarray:
    """Points (N, 2) -> (N, N)."""
    return np.linalg.norm(x[:, None] - x, axis=2)


def single_linkage(D: np.ndarray, *, k: int = 1, r: float = np.inf) -> np.ndarray:
    """Distances (N, N) -> labels (N,): the nearest clusters merge until there are k, or no two are within r."""
    labels = np.arange(len(D))
    i, j = np.triu_indices(len(D), 1)
    for edge in D[i, j].argsort(kind="stable"):
        if len(np.unique(labels)) <= k or D[i[edge], j[edge]] > r + SAME:
            break
        labels[labels == labels[j[edge]]] = labels[i[edge]]
    return numbered(labels)


def numbered(labels: np.ndarray) -> np.ndarray:
    """Labels (N,) -> 0, 1 ... in the order of their first points: two divisions are the same if these are equal."""
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    return first.argsort().argsort()[inverse]


def k_means(x: np.ndarray, k: int) -> np.ndarray:
    """Points (N, 2) -> labels (N,) of the best of scikit-learn's starts."""
    from sklearn.cluster import KMeans  # 1.8 s

    return numbered(KMeans(k, n_init=10, random_state=0).fit(x).labels_)


def permitted(before: np.ndarray, after: np.ndarray, labels: np.ndarray) -> bool:
    """Whether distances (N, N) grew nowhere within the clusters (N,) and shrank nowhere between them."""
    within = labels[:, None] == labels
    return bool(((after <= before + SAME) | ~within).all() and ((after >= before - SAME) | within).all())


def divisions(count: int) -> Iterator[list[int]]:
    """Yields every way to divide so many points into groups, as the number of each point's group."""

    def grown(start: list[int]) -> Iterator[list[int]]:
        if len(start) == count:
            yield start
            return
        for group in range(max(start, default=-1) + 2):
            yield from grown([*start, group])

    yield from grown([])


def placed(division: list[int]) -> np.ndarray:
    """Points (N, 2) for whose distances a division is the natural one: groups far apart, in each a tight row."""
    groups = np.array(division)
    turn = 2 * np.pi * groups / (groups.max() + 1)
    x = APART * np.stack([np.cos(turn), np.sin(turn)], 1)
    x[:, 0] += SPACE * np.array([(groups[:at] == group).sum() for at, group in enumerate(groups)])
    return x


def heaps(large: np.ndarray, small: np.ndarray) -> np.ndarray:
    """Places (3, 2) and (2,) -> points (N, 2): three large heaps and a small one."""

    def heap(count: int) -> np.ndarray:
        turn = 2.4 * np.arange(count)  # the golden angle: a sunflower
        return SIZE * np.sqrt(np.arange(count) / count)[:, None] * np.stack([np.cos(turn), np.sin(turn)], 1)

    return np.concatenate([*(place + heap(HEAP) for place in large), small + heap(FEW)])


class Scene(NamedTuple):
    """Points (N, 2) after a step, what they are clustered into (N,), and whether that is what was wished for."""

    wish: str
    told: str
    x: np.ndarray
    labels: np.ndarray
    granted: bool | None  # None where the change is not permitted


class Kleinberg:
    """A walkthrough of one rule: each step is a scene."""

    def __init__(self, rule: str, k: int, r: float, alpha: float):
        self.rule, self.k, self.r, self.alpha = rule, k, r, alpha
        self.scenes = [*self._scaled(), *self._divided(), *self._moved()]
        self.length = len(self.scenes)

    def clustered(self, x: np.ndarray) -> np.ndarray:
        """Points (N, 2) -> labels (N,) by the rule."""
        if self.rule == "kmeans":
            return k_means(x, self.k)
        D = distances(x)
        stop = {"count": {"k": self.k}, "distance": {"r": self.r}, "scale": {"r": self.alpha * D.max()}}
        return single_linkage(D, **stop[self.rule])

    def _scaled(self) -> Iterator[Scene]:
        x = heaps(LARGE, SMALL)
        first = self.clustered(x)
        for scale in np.geomspace(1, 0.2, MOVES):
            labels = self.clustered(scale * x)
            told = f"scale: distances x {scale:.2f}"
            yield Scene("scale_invariance", told, scale * x, labels, np.array_equal(labels, first))

    def _divided(self) -> Iterator[Scene]:
        for division in divisions(POINTS):
            x = placed(division)
            labels = self.clustered(x)
            told = f"richness: want {max(division) + 1}, got {labels.max() + 1}"
            yield Scene("richness", told, x, labels, np.array_equal(labels, division))

    def _moved(self) -> Iterator[Scene]:
        before = heaps(LARGE, SMALL)
        first = self.clustered(before)
        for told in CONSISTENCY:
            for share in np.linspace(0, 1, MOVES):
                large, small = LARGE.copy(), SMALL.copy()
                if told == CONSISTENCY[0]:
                    small[0] += 4 * share
                else:  # the first two meet a little nearer to the third, and the small heap gives way
                    large[:2] += share * (np.array([[-1.9, 0.0]]) - LARGE[:2])
                    small[0] += 0.15 * share
                x = heaps(large, small)
                labels = self.clustered(x)
                allowed = permitted(distances(before), distances(x), first)
                yield Scene("consistency", told, x, labels, np.array_equal(labels, first) if allowed else None)

    def at(self, step: int) -> Moment:
        """After `step` scenes."""
        seen = self.scenes[: max(1, step)]
        shares = {}
        for wish in METRICS:
            granted = [scene.granted for scene in seen if scene.wish == wish and scene.granted is not None]
            if granted:
                shares[wish] = float(np.mean(granted))
        pictures = [Picture("points", _drawn(seen[-1])), Picture("wishes", self._wishes(shares))]
        return Moment(shares, pictures)

    def _wishes(self, shares: dict[str, float]) -> Table:
        names = {wish: wish.replace("_", " ") for wish in METRICS}
        rows = [
            [names[wish], "granted" if shares.get(wish) == 1 else "broken" if wish in shares else "", shares.get(wish)]
            for wish in METRICS
        ]
        return Table(columns=["wish", "so far", "share"], rows=rows)


def _drawn(scene: Scene) -> Scatter:
    left, right, bottom, top = FRAMES[scene.wish]
    count = int(scene.labels.max()) + 1
    return Scatter(
        x=np.append(scene.x[:, 0], [left, right, left, right]),
        y=np.append(scene.x[:, 1], [bottom, bottom, top, top]),
        label=np.append(scene.labels, [count] * 4),
        classes=[*(str(number + 1) for number in range(count)), "corners"],
        behind={"corners": ""},
        x_title="x1",
        y_title=scene.told,
    )
