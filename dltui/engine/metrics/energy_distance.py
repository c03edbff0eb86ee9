"""The energy distance of two samples (Szekely and Rizzo 2013, doi:10.1016/j.jspi.2013.03.018)."""

import torch
from torch import Tensor


def energy_distance(x: Tensor, y: Tensor) -> float:
    """Rows x (N, D), y (M, D) -> 2 E|X - Y| - E|X - X'| - E|Y - Y'|, X' and Y' other rows than X and Y: 0 on average
    where both come from one distribution, so that it may be a little below 0."""
    x, y = x.double(), y.double()
    between = torch.cdist(x, y).mean()
    within = [torch.cdist(rows, rows).sum() / (len(rows) * (len(rows) - 1)) for rows in (x, y)]
    return (2 * between - sum(within)).item()
