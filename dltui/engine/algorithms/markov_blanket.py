"""Approximate Markov blankets: a column goes if a few others tell all that it tells of the class.

Koller and Sahami 1996, "Toward optimal feature selection".
"""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from dltui.engine.contracts.counter import Counter
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.data.planted import signals
from dltui.engine.metrics.nearest_neighbours import LeaveOneOut
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Marks, Path, Scatter, Table

RESULT = "subset"
METRICS = {
    "loss": Metric(
        "information on the class that was lost with the column that went last, given its blanket",
        range=(0, None),
        unit="bits",
        rows="train",
    ),
    "copies_left": Metric(
        "among as many columns as there are planted signals, those whose signal another carries too",
        better="lower",
        whole=True,
    ),
    "noise_left": Metric(
        "noise columns among as many columns as there are planted signals", better="lower", whole=True
    ),
}

KINDS = ("tells", "noise")
SHOWN = 12  # columns that went


def build(*, blanket: int = 1, bins: int = 4) -> Callable[[Context], "MarkovBlanket"]:
    """Each step takes out the column that tells least beyond its blanket, until one column is left.

    blanket: columns in a blanket, those that correlate most with the column, at least 0; 0: each is judged alone.
    bins: parts of equally many rows that a column is cut into, at least 2.
    """

    def begin(context: Context) -> MarkovBlanket:
        rows = context.rows.labelled()
        x, y = rows.train.table()
        carried = torch.tensor(signals(rows.columns), dtype=torch.bool)
        return MarkovBlanket(x.double(), y, LeaveOneOut(x, y), blanket, bins, carried, rows.column_names())

    return begin


def cut(x: Tensor, bins: int) -> Tensor:
    """x (N, D) -> the bin of each value (N, D) int64, about equally many rows in each."""
    edges = x.quantile(torch.linspace(0, 1, bins + 1, dtype=x.dtype)[1:-1], 0)  # (bins - 1, D)
    return (x[:, None] > edges).sum(1)


def beyond(column: Tensor, blanket: Tensor, y: Tensor) -> float:
    """Koller and Sahami's delta in bits: what column (N,) tells of classes y (N,) once blanket (N, K) is known.

    sum over values of P(m, f) KL(P(y | m, f) || P(y | m)), which is the information I(y; f | m).
    """
    m = torch.zeros_like(y)
    if blanket.shape[1]:
        _, m = blanket.unique(dim=0, return_inverse=True)  # (N,): the number of the blanket's values
    n = torch.einsum("na,nb,nc->abc", *(one_hot(part).double() for part in (m, column, y)))  # counts
    p = n / n.sum()
    of_blanket, of_both = p.sum(1, keepdim=True), p.sum(2, keepdim=True)
    expected = of_both * of_blanket / of_blanket.sum(2, keepdim=True).clamp(min=1e-300)
    return ((torch.xlogy(p, p) - torch.xlogy(p, expected.clamp(min=1e-300))).sum() / math.log(2)).item()


class MarkovBlanket(nn.Module):
    """Columns x (N, D) for classes y (N,): `sets` (D, D), all columns first; `worth` (D,), NaN where not yet known.

    `blankets` (D, D): row i holds the blanket that column i left by, nothing while it is in. criterion: sets -> worth.
    carried (signals, D): which columns carry each planted signal; (0,) where nothing is known.
    """

    def __init__(
        self, x: Tensor, y: Tensor, criterion: nn.Module, K: int, bins: int, carried: Tensor, names: tuple[str, ...]
    ):
        super().__init__()
        D = x.shape[1]
        self.y, self.criterion, self.K, self.carried, self.names = y, criterion, K, carried, names
        self.binned = cut(x, bins)
        self.correlation = torch.corrcoef(x.T).nan_to_num(0).abs().view(D, D).fill_diagonal_(0)
        sets, worth = torch.zeros(D, D, dtype=torch.bool), torch.full((D,), torch.nan, dtype=torch.float64)
        sets[0], worth[0] = True, criterion(torch.ones(1, D, dtype=torch.bool))[0]
        self.register_buffer("sets", sets)
        self.register_buffer("worth", worth)
        self.register_buffer("blankets", torch.zeros(D, D, dtype=torch.bool))
        self.register_buffer("losses", torch.zeros(D, dtype=torch.float64))  # by the columns that were gone before
        self.gone = Counter(self, "columns_gone")

    def blanket_of(self, i: int, kept: Tensor) -> Tensor:
        """The columns (K,) among kept (D,) bool that correlate most with column i."""
        others = self.correlation[i].masked_fill(~kept, -1.0)
        others[i] = -1.0
        return others.topk(min(self.K, int(kept.sum()) - 1)).indices

    def step(self) -> None:
        """Takes the column out that tells least beyond its blanket."""
        now = int(self.gone)
        kept = self.sets[now].clone()
        found = []
        for i in kept.nonzero()[:, 0].tolist():
            blanket = self.blanket_of(i, kept)
            found.append((beyond(self.binned[:, i], self.binned[:, blanket], self.y), i, blanket))
        loss, i, blanket = min(found, key=lambda each: each[0])
        kept[i] = False
        self.blankets[i, blanket] = True
        self.losses[now + 1] = loss
        self.sets[now + 1], self.worth[now + 1] = kept, self.criterion(kept[None])[0]
        self.gone.set(now + 1)

    @property
    def done(self) -> bool:
        """Whether one column is left."""
        return int(self.gone) == len(self.sets) - 1

    @property
    def evaluations(self) -> int:
        """Sets that were scored, to see which is best; none of them decides what goes."""
        return int(self.gone) + 1

    def evaluate(self) -> dict[str, float]:
        """What was lost last; what of copies and noise is in the set that has room for each signal once."""
        values = {"loss": self.losses[int(self.gone)].item()}
        k = len(self.carried)
        if k and int(self.gone) >= len(self.sets) - k:
            kept = self.sets[len(self.sets) - k]
            carriers = (self.carried & kept).sum(1)  # (k,)
            values["copies_left"] = float((carriers - 1).clamp(min=0).sum())
            values["noise_left"] = float(k - carriers.sum())
        return values

    def pictures(self) -> Iterator[Picture]:
        """The columns on a circle with a line from each that is gone to its blanket; and who went by which blanket."""
        D = len(self.sets)
        tells = self.carried.any(0) if len(self.carried) else torch.ones(D, dtype=torch.bool)
        signal = self.carried.int().argmax(0).where(tells, len(self.carried)) if len(self.carried) else torch.arange(D)
        turn = signal.argsort(stable=True).argsort() * (2 * math.pi / D)  # what carries one signal stands together
        x, y = turn.cos().numpy(), turn.sin().numpy()
        label = torch.where(self.sets[int(self.gone)], (~tells).long(), 2).numpy()
        left = [
            Path(x=x[edge.numpy()], y=y[edge.numpy()], name=KINDS[1 - int(tells[edge[0]])])
            for edge in self.blankets.nonzero()
        ]
        yield Picture(
            "blankets",
            Scatter(
                x=x, y=y, label=label, classes=[*KINDS, "gone"], x_title="", y_title="", paths=left,
                marks=Marks(x=x, y=y, label=label, signs=True),
            ),
        )  # fmt: skip
        yield Picture("gone", self._table())

    def _table(self) -> Table:
        """The columns that went, the newest first."""
        rows = []
        for now in range(int(self.gone), 0, -1):
            i = int((self.sets[now - 1] & ~self.sets[now]).nonzero())
            blanket = ", ".join(self.names[j] for j in self.blankets[i].nonzero()[:, 0].tolist())
            rows.append([self.names[i], blanket or "-", round(self.losses[now].item(), 3)])
        return Table(columns=["gone", "its blanket", "bits lost"], rows=rows[:SHOWN])
