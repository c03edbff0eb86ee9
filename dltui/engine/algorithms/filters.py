"""Filters: how much each column alone says of the class, by seven measures; more is better.

x (N, D) are columns, y (N,) int64 classes; each measure gives (D,). Where a measure needs the class as a number, it
takes its index. Columns are cut into bins of equally many rows where a measure counts.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Context
from dltui.recipes.metric import Metric

RESULT = "ranking"
METRICS = {
    "rows": Metric("rows that the measures have seen", counter=True),
    "pearson": Metric("share of planted columns ranked first by correlation with class", better="higher", range=(0, 1)),
    "spearman": Metric("share of planted columns ranked first by correlation of ranks", better="higher", range=(0, 1)),
    "distance": Metric("share of planted columns ranked first by distance of classes", better="higher", range=(0, 1)),
    "conditional_variance": Metric("share of planted columns ranked first by variance", better="higher", range=(0, 1)),
    "information_gain": Metric("share of planted columns ranked first by gain in bits", better="higher", range=(0, 1)),
    "gini": Metric("share of planted columns ranked first by the fall of Gini impurity", better="higher", range=(0, 1)),
    "chi2": Metric("share of planted columns ranked first by chi-square", better="higher", range=(0, 1)),
}
BINS = 6
TINY = 1e-12


def build(*, rows_a_step: int = 15) -> Callable[[Context], "Filters"]:
    """Each step shows the measures some more rows.

    rows_a_step: training rows that the measures see more of with every step, at least 1.
    """
    return lambda context: Filters(*context.rows.labelled().train.table(), rows_a_step)


def pearson(x: Tensor, y: Tensor) -> Tensor:
    """|r| between a column and the number of the class."""
    a, b = x - x.mean(0), y.to(x.dtype)[:, None] - y.to(x.dtype).mean()
    return ((a * b).sum(0) / (a.square().sum(0) * b.square().sum()).clamp(min=TINY).sqrt()).abs()


def spearman(x: Tensor, y: Tensor) -> Tensor:
    """Pearson's |r| of ranks."""
    return pearson(ranks(x), ranks(y[:, None].to(x.dtype))[:, 0])


def ranks(x: Tensor) -> Tensor:
    """x (N, D) -> ranks in each column from 1 (N, D); equal values share their mean rank."""
    columns = x.T.contiguous()  # (D, N)
    ordered = columns.sort(1).values
    below = torch.searchsorted(ordered, columns)
    up_to = torch.searchsorted(ordered, columns, right=True)
    return ((below + up_to + 1) / 2).T.to(x.dtype)


def distance(x: Tensor, y: Tensor) -> Tensor:
    """Kolmogorov's distance max |F_a - F_b| between a column's distributions in two classes, the mean of all pairs."""
    F = [(x[y == c][:, None] <= x).to(x.dtype).mean(0) for c in y.unique()]  # each (N, D)
    pairs = [(F[a] - F[b]).abs().amax(0) for a in range(len(F)) for b in range(a)]
    return torch.stack(pairs).mean(0) if pairs else torch.zeros_like(x[0])


def conditional_variance(x: Tensor, y: Tensor) -> Tensor:
    """The share of a column's variance that is gone once the class is known: 1 - E[Var(x|y)] / Var(x)."""
    within = sum((x[y == c] - x[y == c].mean(0)).square().sum(0) for c in y.unique())
    total = (x - x.mean(0)).square().sum(0)
    return torch.where(total > TINY, 1 - within / total.clamp(min=TINY), 0)  # a constant column has none to lose


def binned(x: Tensor) -> Tensor:
    """x (N, D) -> the bin of each value (N, D) int64, 0 to BINS - 1, about equally many rows in each."""
    edges = x.quantile(torch.linspace(0, 1, BINS + 1, dtype=x.dtype)[1:-1], 0)  # (BINS - 1, D)
    return (x[:, None] > edges).sum(1)


def counts(x: Tensor, y: Tensor) -> Tensor:
    """How often each class falls into each bin of a column: (D, BINS, classes)."""
    bins = nn.functional.one_hot(binned(x), BINS).to(x.dtype)  # (N, D, BINS)
    return torch.einsum("ndb,nc->dbc", bins, nn.functional.one_hot(y).to(x.dtype))


def information_gain(x: Tensor, y: Tensor) -> Tensor:
    """H(y) - H(y|bin), in bits."""
    n = counts(x, y)

    def entropy(n: Tensor) -> Tensor:
        p = n / n.sum(-1, keepdim=True).clamp(min=1)
        return -torch.xlogy(p, p).sum(-1) / torch.log(torch.tensor(2.0))

    share = n.sum(2) / len(x)  # (D, BINS)
    return entropy(n.sum(1)) - (share * entropy(n)).sum(1)


def gini(x: Tensor, y: Tensor) -> Tensor:
    """How much the Gini impurity 1 - sum p^2 falls once the bin is known."""
    n = counts(x, y)

    def impurity(n: Tensor) -> Tensor:
        return 1 - (n / n.sum(-1, keepdim=True).clamp(min=1)).square().sum(-1)

    share = n.sum(2) / len(x)
    return impurity(n.sum(1)) - (share * impurity(n)).sum(1)


def chi2(x: Tensor, y: Tensor) -> Tensor:
    """sum (n - e)^2 / e, e being the counts that were to be expected if bin and class were independent."""
    n = counts(x, y)
    e = n.sum(2, keepdim=True) * n.sum(1, keepdim=True) / len(x)
    return ((n - e).square() / e.clamp(min=TINY)).sum((1, 2))


MEASURES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    measure.__name__: measure
    for measure in (pearson, spearman, distance, conditional_variance, information_gain, gini, chi2)
}


class Filters(nn.Module):
    """All measures of columns x (N, D) for classes y (N,), on more rows with every step."""

    def __init__(self, x: Tensor, y: Tensor, rows_a_step: int):
        super().__init__()
        self.rows_a_step = rows_a_step
        self.register_buffer("x", x, persistent=False)
        self.register_buffer("y", y, persistent=False)
        self.register_buffer("rows", torch.tensor(min(rows_a_step, len(x))))

    def step(self) -> None:
        """Takes some rows more."""
        self.rows = (self.rows + self.rows_a_step).clamp(max=len(self.x))

    @property
    def done(self) -> bool:
        """Whether all rows are taken."""
        return int(self.rows) == len(self.x)

    def scores(self) -> dict[str, Tensor]:
        """Measure -> what it gives to each column (D,)."""
        seen = slice(int(self.rows))
        return {name: measure(self.x[seen], self.y[seen]) for name, measure in MEASURES.items()}

    def evaluate(self) -> dict[str, float]:
        """How many rows were seen."""
        return {"rows": float(self.rows)}
