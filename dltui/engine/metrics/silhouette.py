"""Silhouettes: how much nearer a point lies to its own cluster than to the next (Rousseeuw 1987)."""

import torch
from torch import Tensor
from torch.nn.functional import one_hot

TOGETHER = 1024  # points whose distances are in memory at once


def silhouettes(x: Tensor, labels: Tensor) -> Tensor:
    """Points x (N, D) in clusters (N,) 0..k-1 -> (b - a) / max(a, b) (N,); 0 for a point that is alone.

    a: mean distance to the other points of its own cluster; b: to the points of the nearest other one.
    """
    members = one_hot(labels).to(x.dtype)  # (N, k)
    n, values = members.sum(0), []
    for some, own in zip(x.split(TOGETHER), labels.split(TOGETHER), strict=True):
        D = torch.cdist(some, x, compute_mode="donot_use_mm_for_euclid_dist")  # (some, N)
        sums = D @ members  # (some, k)
        a = sums.gather(1, own[:, None])[:, 0] / (n[own] - 1)  # it is no neighbour of itself
        b = (sums / n).scatter(1, own[:, None], torch.inf).amin(1)
        values.append(torch.where(n[own] > 1, (b - a) / torch.maximum(a, b), 0))
    return torch.cat(values).nan_to_num()
