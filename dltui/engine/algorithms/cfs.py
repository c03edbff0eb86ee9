"""Correlation-based feature selection (Hall 1999, "Correlation-based feature selection for machine learning").

A good set tells much of the class, and its columns tell little of one another. No classifier is asked.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from dltui.engine.algorithms.filters import binned
from dltui.engine.algorithms.sfs import SFS
from dltui.engine.contracts.task import Context
from dltui.recipes.metric import Metric

RESULT = "subset"
METRICS = {
    "mean_score": Metric("mean merit of the sets on the way so far", better="higher", range=(0, 1), rows="train"),
}


def build(*, redundancy: bool = True, stop: int = 0) -> Callable[[Context], "SFS"]:
    """Each step adds the column with which the merit of the set is greatest.

    redundancy: whether the merit falls where columns tell of one another; without, only what they tell of the class.
    stop: columns at which it stops, at least 0; 0: goes on until all are in.
    """

    def begin(context: Context) -> SFS:
        x, y = context.rows.labelled().train.table()
        return SFS(Merit(x.double(), y, redundancy=redundancy), x.shape[1], stop=stop)

    return begin


def symmetrical_uncertainty(values: Tensor) -> Tensor:
    """values (N, D) int64 -> 2 (H(a) + H(b) - H(a, b)) / (H(a) + H(b)) of each two columns (D, D), in 0..1."""
    N, D = values.shape
    told = one_hot(values).double().flatten(1)  # (N, D * V)
    V = told.shape[1] // D
    p = (told.T @ told / N).view(D, V, D, V)  # of each two values of each two columns
    joint = -torch.xlogy(p, p).sum((1, 3))  # (D, D): H(a, b); H(a) on the diagonal
    H = joint.diagonal()
    both = H[:, None] + H
    return torch.where(both > 0, 2 * (both - joint) / both.clamp(min=1e-12), 0).clamp(0, 1)


class Merit(nn.Module):
    """Hall's merit of sets of columns x (N, D), cut into bins, for classes y (N,): sets (P, D) -> (P,) in 0..1."""

    def __init__(self, x: Tensor, y: Tensor, *, redundancy: bool = True):
        super().__init__()
        certainty = symmetrical_uncertainty(torch.cat([binned(x), y[:, None]], 1))  # (D + 1, D + 1), the class last
        between = certainty[:-1, :-1].clone()
        between.fill_diagonal_(0)
        self.register_buffer("of_class", certainty[:-1, -1].clone(), persistent=False)  # (D,): r_cf
        self.register_buffer("between", between * redundancy, persistent=False)  # (D, D): r_ff

    def forward(self, sets: Tensor) -> Tensor:
        """k r_cf / sqrt(k + k (k - 1) r_ff), r_cf and r_ff being means over columns and over pairs of them."""
        s = sets.double()
        k = s.sum(1)
        pairs = k + torch.einsum("pi,ij,pj->p", s, self.between, s)  # k + k (k - 1) r_ff
        return s @ self.of_class / pairs.clamp(min=1).sqrt()
