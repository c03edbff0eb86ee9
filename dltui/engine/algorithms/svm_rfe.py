"""Recursive feature elimination by a linear SVM (Guyon et al. 2002, doi:10.1023/A:1012487302797)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Context
from dltui.engine.metrics.nearest_neighbours import LeaveOneOut

RESULT = "subset"
METRICS = {}
MOST = 50  # Newton steps; a handful is enough
NEAR = 1e-9  # a gradient of this norm, as a share of the first, is none


def build(*, C: float = 0.1, retrain: bool = True) -> Callable[[Context], "SVMRFE"]:
    """Each step takes one column out; the nearest neighbours say which set on the way is the best.

    C: price of a row inside the margin, above 0.
    retrain: whether it trains anew after each elimination; else the weights of the first training decide to the end.
    """

    def begin(context: Context) -> SVMRFE:
        x, y = context.rows.labelled().train.table()
        return SVMRFE(x.double(), y, C, LeaveOneOut(x, y), retrain)

    return begin


def linear_svm(x: Tensor, y: Tensor, C: float) -> Tensor:
    """Returns w (D,) that makes w^2 / 2 + C sum max(0, 1 - y x w)^2 least; y (N,) is 1 or -1.

    Newton's method (Chapelle 2007): rows beyond the margin count for nothing, the others make a least-weights problem.
    """
    w = x.new_zeros(x.shape[1])
    first = None
    for _ in range(MOST):
        short = (1 - y * (x @ w)).clamp(min=0)  # (N,) of the margin
        g = w - 2 * C * x.T @ (y * short)
        first = first or g.norm().item()
        if g.norm() <= NEAR * first:
            break
        inside = x[short > 0]
        H = torch.eye(len(w), dtype=w.dtype) + 2 * C * inside.T @ inside
        step, rate = torch.linalg.solve(H, g), 1.0
        while _objective(x, y, C, w - rate * step) > _objective(x, y, C, w) - 1e-4 * rate * (g @ step) and rate > 1e-6:
            rate /= 2
        w = w - rate * step
    return w


def _objective(x: Tensor, y: Tensor, C: float, w: Tensor) -> Tensor:
    return w @ w / 2 + C * (1 - y * (x @ w)).clamp(min=0).square().sum()


class SVMRFE(nn.Module):
    """Recursive elimination among columns x (N, D) for classes y (N,); `criterion` says what a set is worth.

    `sets` (D, D) holds the columns that are in after each elimination, all of them first; `worth` (D,) what these sets
    are worth, NaN where not yet known; `weights` (D,) their squared weights by which the next one goes.
    """

    def __init__(self, x: Tensor, y: Tensor, C: float, criterion: nn.Module, retrain: bool = True):
        super().__init__()
        self.x, self.y, self.C, self.criterion, self.retrain = x, y, C, criterion, retrain
        D = x.shape[1]
        sets, worth = torch.zeros(D, D, dtype=torch.bool), torch.full((D,), torch.nan, dtype=torch.float64)
        sets[0] = True
        worth[0] = criterion(sets[:1])[0]
        self.register_buffer("sets", sets)
        self.register_buffer("worth", worth)
        self.register_buffer("gone", torch.tensor(0))
        self.register_buffer("weights", self._weights(sets[0]))

    def _weights(self, kept: Tensor) -> Tensor:
        """(D,): the sum over the classes of w^2, each class against the rest; NaN for columns that are out."""
        x = torch.cat([self.x[:, kept], torch.ones_like(self.x[:, :1])], 1)  # the last column is the bias
        w = torch.stack([linear_svm(x, 2.0 * (self.y == k) - 1, self.C) for k in self.y.unique()])  # (classes, D' + 1)
        weights = torch.full((len(kept),), torch.nan, dtype=torch.float64)
        weights[kept] = w[:, :-1].square().sum(0)
        return weights

    def step(self) -> None:
        """Takes the column with the least weight out, and trains anew without it where that is wanted."""
        gone = int(self.gone)
        kept = self.sets[gone].clone()
        kept[self.weights.nan_to_num(torch.inf).argmin()] = False
        self.sets[gone + 1], self.worth[gone + 1] = kept, self.criterion(kept[None])[0]
        self.weights = self._weights(kept) if self.retrain else self.weights.where(kept, torch.nan)
        self.gone += 1

    @property
    def done(self) -> bool:
        """Whether one column is left."""
        return int(self.gone) == len(self.sets) - 1

    @property
    def evaluations(self) -> int:
        """Sets that were scored."""
        return int(self.gone) + 1
