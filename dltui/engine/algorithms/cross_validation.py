"""Cross-validation: each row is held out once, and judged by what was learned from the others (Stone 1974)."""

import torch
from torch import Tensor

SPLITS = ("stratified", "shuffled", "sorted")


def folds(targets: Tensor, k: int, split: str) -> Tensor:
    """targets (N,) int64 -> the part of each row, (N,) in 0..k - 1; parts differ by one row at most.

    split: stratified deals each class evenly over the parts (Kohavi 1995), shuffled deals rows as they come, sorted
    cuts a table that is ordered by class. The first two draw from torch's random numbers.
    """
    N = len(targets)
    if split == "sorted":
        order = targets.argsort(stable=True)
        return torch.empty_like(targets).scatter(0, order, torch.arange(N) * k // N)
    order = torch.randperm(N)
    if split == "stratified":
        order = order[targets[order].argsort(stable=True)]
    return torch.empty_like(targets).scatter(0, order, torch.arange(N) % k)  # dealt like cards


def spread(scores: Tensor) -> Tensor:
    """scores (..., k) -> their standard deviation (...), estimated from a sample."""
    return scores.std(-1, correction=1)
