"""Hybrid selection: a filter throws most columns out, a wrapper or an embedded method chooses among the rest.

Das 2001, "Filters, wrappers and a boosting-based hybrid for feature selection".
"""

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.filters import MEASURES
from dltui.engine.algorithms.sfs import SFS
from dltui.engine.algorithms.svm_rfe import SVMRFE
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.data.planted import planted
from dltui.engine.metrics.nearest_neighbours import LeaveOneOut
from dltui.engine.results.subset import chosen
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars

RESULT = "subset"
METRICS = {
    "filtered": Metric("columns that the filter left to the second stage", whole=True),
}
C = 0.1  # price of a row inside the SVM's margin


def build(
    *,
    measure: Literal[
        "pearson", "spearman", "distance", "conditional_variance", "information_gain", "gini", "chi2"
    ] = "information_gain",
    keep: int = 12,
    then: Literal["forward", "backward", "svm"] = "forward",
    stop: int = 0,
) -> Callable[[Context], "SelectHybrid"]:
    """The first stage is done at once; each step of the second moves one column.

    measure: of the filter, how much a column alone tells of the class.
    keep: columns that the filter keeps, at least 1.
    then: forward, columns join one by one; backward, they leave; svm, those of least weight leave.
    stop: columns at which forward or backward stops, at least 0; 0: at all that the filter kept, or at none.
    """

    def begin(context: Context) -> SelectHybrid:
        rows = context.rows.labelled()
        x, y = rows.train.table()
        kept = MEASURES[measure](x.double(), y).argsort(descending=True, stable=True)[:keep].sort().values
        left = x[:, kept]
        criterion = LeaveOneOut(left, y)
        if then == "svm":
            second: nn.Module = SVMRFE(left.double(), y, C, criterion)
        else:
            second = SFS(criterion, len(kept), backward=then == "backward", stop=stop)
        return SelectHybrid(second, kept, torch.tensor(planted(rows.columns), dtype=torch.bool), x.shape[1])

    return begin


class SelectHybrid(nn.Module):
    """`second` selects among the columns `kept` (K,) of D; `sets` and `worth` are its own, among all columns."""

    def __init__(self, second: nn.Module, kept: Tensor, known: Tensor, D: int):
        super().__init__()
        self.second, self.kept, self.known, self.D = second, kept, known, D

    @property
    def sets(self) -> Tensor:
        """(R, D): the sets of the second stage, without any column that the filter threw out."""
        among = self.second.sets
        whole = torch.zeros(len(among), self.D, dtype=torch.bool)
        whole[:, self.kept] = among
        return whole

    @property
    def worth(self) -> Tensor:
        """(R,): what each is worth; NaN where not yet known."""
        return self.second.worth

    @property
    def evaluations(self) -> int:
        """Sets that were scored: the filter scores none."""
        return int(self.second.evaluations)

    @property
    def done(self) -> bool:
        """Whether the second stage is."""
        return self.second.done

    def step(self) -> None:
        """Takes a step of the second stage."""
        self.second.step()

    def evaluate(self) -> dict[str, float]:
        """How many columns came through the filter."""
        return {"filtered": float(len(self.kept))}

    def pictures(self) -> Iterator[Picture]:
        """The funnel: columns by stage, and where it is known how many of them tell something."""
        filtered = torch.zeros(self.D, dtype=torch.bool)
        filtered[self.kept] = True
        stages = {
            "all": torch.ones(self.D, dtype=torch.bool),
            "after the filter": filtered,
            "best set": chosen(self),
        }
        bars = {}
        for name, columns in stages.items():
            bars[name] = int(columns.sum())
            if len(self.known):
                bars[f"{name}: planted"] = int((columns & self.known).sum())
        yield Picture("funnel", Bars(labels=list(bars), values=list(bars.values()), title="columns by stage"))
