"""Univariate selection: the first columns of one filter's ranking, as many as do best (Guyon and Elisseeff 2003)."""

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.filters import MEASURES
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.metrics.nearest_neighbours import LeaveOneOut
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric

RESULT = "subset"
METRICS = {
    "mean_score": Metric("mean score of the sets on the way so far", better="higher", range=(0, 1), rows="train"),
}


def build(
    *,
    measure: Literal[
        "pearson", "spearman", "distance", "conditional_variance", "information_gain", "gini", "chi2"
    ] = "information_gain",
    stop: int = 0,
) -> Callable[[Context], "RankedSubsets"]:
    """Each step takes the next column of the ranking, whatever those taken before it tell already.

    measure: of how much a column alone tells of the class.
    stop: columns at which it stops, at least 0; 0: goes on until all are in.
    """

    def begin(context: Context) -> RankedSubsets:
        x, y = context.rows.labelled().train.table()
        return RankedSubsets(LeaveOneOut(x, y), MEASURES[measure](x, y), stop)

    return begin


class RankedSubsets(nn.Module):
    """`sets` (R, D): none, the best column, the best two ..., by scores (D,); `worth` (R,), NaN where not yet known.

    criterion: sets (P, D) -> (P,). stop: columns at which it stops; 0: at all of them.
    """

    def __init__(self, criterion: nn.Module, scores: Tensor, stop: int = 0):
        super().__init__()
        D = len(scores)
        place = scores.argsort(descending=True, stable=True).argsort()  # (D,): of each column, 0 for the best
        sets = place < torch.arange(min(stop or D, D) + 1)[:, None]
        worth = torch.full((len(sets),), torch.nan, dtype=torch.float64)
        worth[0] = criterion(sets[:1])[0]
        self.criterion = criterion
        self.register_buffer("sets", sets)
        self.register_buffer("worth", worth)
        self.register_buffer("taken", torch.tensor(0))

    def step(self) -> None:
        """Takes the next column, and has the set scored."""
        self.taken += 1
        now = int(self.taken)
        self.worth[now] = self.criterion(self.sets[now : now + 1])[0]

    @property
    def done(self) -> bool:
        """Whether as many columns are in as it stops at."""
        return int(self.taken) == len(self.sets) - 1

    @property
    def evaluations(self) -> int:
        """Sets that were scored, besides the empty one."""
        return int(self.taken)

    def evaluate(self) -> dict[str, float]:
        """What the sets on the way are worth on average."""
        return {"mean_score": self.worth.nanmean().item()}

    def pictures(self) -> Iterator[Picture]:
        """What a set is worth by how many columns it has; sizes that are to come are empty."""
        curve = {"score": (torch.arange(len(self.worth)), self.worth)}
        yield Picture("score by size", lines(curve, x_title="columns in the set", y_title="score on training rows"))
