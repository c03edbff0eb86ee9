"""Cutting rules: how many columns of a ranking to keep, by five rules on one curve of scores.

Broken stick: Frontier 1976; Jackson 1993, doi:10.2307/1939574. Elbow: Satopaa et al. 2011, doi:10.1109/ICDCSW.2011.20.
"""

from collections.abc import Callable
from typing import Literal

import numpy as np

from dltui.engine.algorithms.filters import MEASURES
from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.data.planted import planted
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars, Path, Scatter

LIVE = ("threshold", "share")
METRICS = {
    "count": Metric("columns that a fixed number keeps", whole=True),
    "threshold": Metric("columns that a threshold on the score keeps", whole=True),
    "share": Metric("columns that a share of the total score keeps", whole=True),
    "broken_stick": Metric("columns that the broken stick keeps", whole=True),
    "elbow": Metric("columns that the elbow of the curve keeps", whole=True),
    "planted": Metric("planted columns of the table", whole=True),
    "noise_kept": Metric("greatest number of noise columns that one of the five rules keeps", whole=True),
}


def build(
    *,
    measure: Literal[
        "pearson", "spearman", "distance", "conditional_variance", "information_gain", "gini", "chi2"
    ] = "information_gain",
    count: int = 8,
    threshold: float = 0.05,
    share: float = 0.9,
) -> Callable[[Context], "CutRules"]:
    """Each step goes to the next column of the ranking; every rule keeps it, or has cut before it.

    measure: filter that ranks the columns.
    count: columns that the first rule keeps, at least 1.
    threshold: least score that the second rule keeps, at least 0.
    share: of the sum of all scores, that the third rule keeps at least, above 0, at most 1.
    """
    return lambda context: CutRules(context.rows.labelled(), measure, count, threshold, share)


# each takes scores s (p,), the greatest first, and returns how many of them it keeps


def by_count(s: np.ndarray, count: int) -> int:
    """A fixed number."""
    return min(count, len(s))


def by_threshold(s: np.ndarray, threshold: float) -> int:
    """Those of at least this score."""
    return int((s >= threshold).sum())


def by_share(s: np.ndarray, share: float) -> int:
    """As few as have this share of the sum."""
    if not s.sum():
        return 0
    reached = np.cumsum(s) >= share * s.sum() * (1 - 1e-12)
    return int(reached.argmax()) + 1


def broken_stick(p: int) -> np.ndarray:
    """b_k = (1/p) sum_(i >= k) 1/i, (p,): mean length of the k-th longest of p pieces of a stick broken at random."""
    return np.cumsum(1 / np.arange(p, 0, -1))[::-1] / p


def by_broken_stick(s: np.ndarray) -> int:
    """Those before the first whose share of the sum is no more than the stick's."""
    above = s > broken_stick(len(s)) * s.sum()
    return int(np.append(above, False).argmin())


def by_elbow(s: np.ndarray) -> int:
    """Those before the score that is furthest beneath the chord from the first to the last, both axes from 0 to 1."""
    fall = s[0] - s[-1]
    if not fall:
        return 0
    x, y = np.linspace(0, 1, len(s)), (s - s[-1]) / fall
    return int((1 - x - y).argmax())


class CutRules:
    """A walkthrough down the curve of the scores of the training rows' columns."""

    def __init__(self, rows: Rows, measure: str, count: int, threshold: float, share: float):
        x, y = rows.train.table()
        scores = MEASURES[measure](x.double(), y).numpy()
        order = (-scores).argsort(kind="stable")
        self.s = scores[order]  # (p,), the greatest first
        known = planted(rows.columns)
        self.planted = np.array(known)[order] if known else None
        self.count, self.threshold, self.share, self.length = count, threshold, share, len(scores)

    def cuts(self) -> dict[str, int]:
        """Rule -> columns that it keeps."""
        return {
            "count": by_count(self.s, self.count),
            "threshold": by_threshold(self.s, self.threshold),
            "share": by_share(self.s, self.share),
            "broken_stick": by_broken_stick(self.s),
            "elbow": by_elbow(self.s),
        }

    def at(self, step: int) -> Moment:
        """With the first `step` columns seen."""
        cuts = self.cuts()
        kept = {rule: min(step, cut) for rule, cut in cuts.items()}
        metrics = {rule: float(number) for rule, number in kept.items()}
        if self.planted is not None:
            metrics["planted"] = float(self.planted.sum())
            metrics["noise_kept"] = float(max((~self.planted[:number]).sum() for number in kept.values()))
        labels = [f"{rule.replace('_', ' ')}{'' if cuts[rule] < step else ' ...'}" for rule in kept]
        bars = Bars(labels=labels, values=list(kept.values()), title="columns kept (...: not cut yet)")
        return Moment(metrics, [Picture("cuts", self._curve(step, cuts)), Picture("kept", bars)])

    def _curve(self, step: int, cuts: dict[str, int]) -> Scatter:
        """The scores as points, the broken stick as a curve, and a vertical line where a rule has cut."""
        p, top = self.length, float(self.s[0]) or 1.0
        ranks = np.arange(1, p + 1)
        lines = [Path(x=ranks, y=(broken_stick(p) * self.s.sum()).clip(max=top), name="stick's mean")]
        for number, (rule, cut) in enumerate(cuts.items()):
            if cut < step or cut == p == step:
                place = cut + 0.3 + 0.1 * number  # rules that cut at one place stand side by side
                lines.append(Path(x=[place, place], y=[0.0, top], name=rule.replace("_", " ")))
        kinds = ["column"] if self.planted is None else ["planted", "noise"]
        kind = np.zeros(p, int) if self.planted is None else (~self.planted).astype(int)
        seen = ranks <= step
        return Scatter(
            x=ranks,
            y=self.s,
            label=np.where(seen, kind, len(kinds)),
            classes=[*kinds, "not seen yet"],
            behind={"not seen yet": ""},
            paths=[Path(x=ranks[seen], y=self.s[seen]), *lines],
            x_title="rank of the column",
            y_title="score",
        )
