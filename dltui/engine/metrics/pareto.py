"""The Pareto front: what nothing else is better than in every respect (Pareto 1906, Manuale di economia politica)."""

import torch
from torch import Tensor


def front(costs: Tensor) -> Tensor:
    """costs (N, M), less is better -> (N,) bool: the rows that no other row dominates.

    A row dominates another where it is nowhere worse, and better somewhere. Rows with NaN are never on the front.
    """
    nowhere_worse = (costs[:, None] <= costs[None]).all(-1)  # (N, N): row i against column j
    better_somewhere = (costs[:, None] < costs[None]).any(-1)
    dominated = (nowhere_worse & better_somewhere).any(0)
    return ~dominated & ~costs.isnan().any(-1)


def hypervolume(costs: Tensor, reference: Tensor) -> float:
    """The area below and left of `reference` (2,) that rows of costs (N, 2) dominate: it grows as the front advances.

    Zitzler and Thiele 1998, "Multiobjective optimization using evolutionary algorithms".
    """
    rows = costs[front(costs)]
    rows = rows[(rows < reference).all(-1)]
    rows = rows[rows[:, 0].argsort()].unique(dim=0)  # from left to right, so that the second cost falls
    if not len(rows):
        return 0.0
    widths = torch.cat([rows[1:, 0], reference[:1]]) - rows[:, 0]
    return (widths * (reference[1] - rows[:, 1])).sum().item()
