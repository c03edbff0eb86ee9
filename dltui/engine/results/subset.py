"""Subset: the result of feature selection by sets of columns. The sets that were tried, and what the best is worth."""

from collections.abc import Callable, Iterator
from typing import Protocol

import torch
from torch import Tensor

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.data.planted import planted, signals
from dltui.engine.metrics.nearest_neighbours import knn_accuracy
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars, Heat

NEEDED = ("sets", "worth", "evaluations")  # of the algorithm
TAKES = ("table",)
METRICS = {
    "score": Metric(
        "what the best set of columns is worth on the training rows", better="higher", range=(0, 1), rows="train"
    ),
    "accuracy": Metric(
        "accuracy on test rows of 5 nearest neighbours in these columns", better="higher", range=(0, 1), rows="test"
    ),
    "planted": Metric("share of the planted signals of which a column is chosen", better="higher", range=(0, 1)),
    "recall_at_k": Metric(
        "share of the k planted signals of which the best set of k columns holds one", better="higher", range=(0, 1)
    ),
    "columns": Metric("columns that are chosen", whole=True),
    "evaluations": Metric("sets of columns that were scored so far", counter=True),
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


def of_size(subset: Subset, k: int) -> Tensor | None:
    """Returns the best of the sets of k columns (D,) bool, None where none has been scored."""
    these = ~subset.worth.isnan() & (subset.sets.sum(1) == k)
    return subset.sets[these][subset.worth[these].argmax()] if these.any() else None


def build() -> Callable[[Subset, Context], "SubsetResult"]:
    """Returns what measures and draws chosen columns."""
    return SubsetResult


class SubsetResult:
    """Sets of columns, judged on the test rows; columns that are known to tell of the class stand first."""

    def __init__(self, subset: Subset, context: Context):
        self.subset, self.columns = subset, context.rows.column_names()
        self.train, self.test = context.rows.train.table(), context.rows.test.table()
        self.planted = torch.tensor(planted(context.rows.columns), dtype=torch.bool)  # (D,), or (0,) where unknown
        self.signals = torch.tensor(signals(context.rows.columns), dtype=torch.bool)  # (k, D), or (0,) where unknown
        D = len(self.columns)
        self.order = self._signal_of_each().argsort(stable=True) if len(self.signals) else torch.arange(D)

    def _signal_of_each(self) -> Tensor:
        """(D,): number of the signal that a column carries, k where it carries none."""
        return torch.where(self.signals.any(0), self.signals.int().argmax(0), len(self.signals))

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
        return values | self._found(kept)

    def _found(self, kept: Tensor) -> dict[str, float]:
        """Share of the planted signals in the chosen set (D,), and in the best of as few columns as signals."""
        sets = {"planted": kept, "recall_at_k": of_size(self.subset, len(self.signals))}
        if not len(self.signals):
            return {}
        return {
            name: (self.signals & columns).any(1).float().mean().item()
            for name, columns in sets.items()
            if columns is not None
        }

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
