"""Subset: the result of feature selection by sets of columns. The sets that were tried, and what the best is worth."""

from collections.abc import Callable, Iterator
from typing import Protocol

import torch
from torch import Tensor

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.data.planted import planted
from dltui.engine.metrics.nearest_neighbours import knn_accuracy
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars, Heat

NEEDED = ("sets", "worth", "evaluations")  # of the algorithm
METRICS = {
    "score": Metric("what the best set of columns is worth on the training rows", better="higher", range=(0, 1)),
    "accuracy": Metric("accuracy on test rows of 5 nearest neighbours in these columns", better="higher", range=(0, 1)),
    "planted": Metric("share of the planted columns that are chosen", better="higher", range=(0, 1)),
    "columns": Metric("columns that are chosen"),
    "evaluations": Metric("sets of columns that were scored so far"),
}
MOST_SETS = 25  # that are shown


class Subset(Protocol):
    """Sets of columns of a table, `context.rows.labelled().train.table()`; metrics.nearest_neighbours scores them."""

    sets: Tensor  # (R, D) bool: those to look at
    worth: Tensor  # (R,): what each is worth, in 0..1; NaN where not yet known
    evaluations: Tensor | int  # sets that were scored so far
    weights: Tensor  # may be left out: the squared weight of each column (D,), NaN for columns that are out


def chosen(subset: Subset) -> Tensor:
    """Returns the best of the sets (D,) bool, the smallest of equally good ones."""
    best = subset.worth == subset.worth.nan_to_num(-torch.inf).max()
    return min(subset.sets[best], key=lambda columns: int(columns.sum()))


def build() -> Callable[[Subset, Context], "SubsetResult"]:
    """Returns what measures and draws chosen columns."""
    return SubsetResult


class SubsetResult:
    """Sets of columns, judged on the test rows; columns that are known to tell of the class stand first."""

    def __init__(self, subset: Subset, context: Context):
        self.subset, self.columns = subset, context.rows.column_names()
        self.train, self.test = context.rows.train.table(), context.rows.test.table()
        self.planted = torch.tensor(planted(context.rows.columns), dtype=torch.bool)  # (D,), or (0,) where unknown
        D = len(self.columns)
        self.order = self.planted.argsort(descending=True, stable=True) if len(self.planted) else torch.arange(D)

    def evaluate(self) -> dict[str, float]:
        """What the best set is worth, and how much of what was planted is in it."""
        kept = chosen(self.subset)
        (x, y), (test_x, test_y) = self.train, self.test
        values = {
            "score": self.subset.worth.nan_to_num(-torch.inf).max().item(),
            "accuracy": knn_accuracy(x[:, kept], y, test_x[:, kept], test_y),
            "columns": float(kept.sum()),
            "evaluations": float(self.subset.evaluations),
        }
        return values | ({"planted": kept[self.planted].float().mean().item()} if self.planted.any() else {})

    def pictures(self) -> Iterator[Picture]:
        """The sets as bits; the weights of the columns, else how many of the sets hold each."""
        known = ~self.subset.worth.isnan()
        sets = self.subset.sets.float().where(known[:, None], torch.nan)
        title = f"columns, the {int(self.planted.sum())} planted ones first" if self.planted.any() else "columns"
        bits = sets[:MOST_SETS, self.order].numpy()
        yield Picture("sets", Heat(values=bits, x_title=title, y_title="sets"))
        if hasattr(self.subset, "weights"):
            yield Picture("weights", self._bars(self.subset.weights.nan_to_num(0), "weight squared"))
            return
        share = sets[known].mean(0)
        yield Picture("columns", self._bars(share, "share of the sets with it"))

    def _bars(self, values: Tensor, title: str) -> Bars:
        """values (D,), a bar a column."""
        labels = [self.columns[at] for at in self.order.tolist()]
        return Bars(labels=labels, values=values[self.order].numpy(), title=title)
