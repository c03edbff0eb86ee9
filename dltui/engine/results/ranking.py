"""Ranking: the result of feature selection by measures of single columns: their orders side by side."""

from collections.abc import Callable, Iterator
from typing import Protocol

import torch
from torch import Tensor

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.data.planted import planted
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Ranks

NEEDED = ("scores",)  # of the algorithm
TAKES = ("table",)
METRICS = {
    "rising": Metric("share of rising columns that all measures rank above noise", better="higher", range=(0, 1)),
}
HEADS = {"conditional_variance": "variance", "information_gain": "gain"}  # shorter, to stand side by side


class Ranking(Protocol):
    """Measures of the columns of a table, `context.rows.labelled().train.table()`."""

    def scores(self) -> dict[str, Tensor]:
        """What each measure gives to each column (D,) so far, the greater the better.

        Where it is known which columns tell of the class, a metric of the measure's name says how many of them stand in
        as many first places: the algorithm's METRICS declare it.
        """


def build() -> Callable[[Ranking, Context], "RankingResult"]:
    """Returns what measures and draws a ranking."""
    return RankingResult


class RankingResult:
    """Columns in the order of each measure; `planted` (D,) marks those that tell of the class, () where unknown."""

    def __init__(self, ranking: Ranking, context: Context):
        self.ranking, self.columns = ranking, context.rows.column_names()
        self.planted = torch.tensor(planted(context.rows.columns), dtype=torch.bool)

    def evaluate(self) -> dict[str, float]:
        """The share of planted columns among as many first places, by each measure."""
        if not self.planted.any():
            return {}
        scores, count = self.ranking.scores(), int(self.planted.sum())
        values = {
            name: self.planted[score.argsort(descending=True)[:count]].float().mean().item()
            for name, score in scores.items()
        }
        rising = torch.tensor([name.startswith("rise") for name in self.columns])
        if rising.any():
            above = [score[rising] > score[~self.planted].max() for score in scores.values()]
            values["rising"] = torch.stack(above).all(0).float().mean().item()
        return values

    def pictures(self) -> Iterator[Picture]:
        """The orders side by side; planted names whose digits differ are a group."""
        scores = self.ranking.scores()
        orders = [[self.columns[at] for at in score.argsort(descending=True).tolist()] for score in scores.values()]
        marked = sorted(self.columns[at] for at in self.planted.nonzero()[:, 0].tolist())
        kinds = sorted({_kind(name) for name in marked})
        heads = [HEADS.get(name, name) for name in scores]
        groups = {name: kinds.index(_kind(name)) for name in marked} or None
        yield Picture("ranks", Ranks(columns=heads, orders=orders, groups=groups, cut=len(marked) or None))


def _kind(name: str) -> str:
    return name.rstrip("0123456789ab")
