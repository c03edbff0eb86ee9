"""Which of several known groups samples fall into (Srivastava et al. 2017, arXiv:1705.07761)."""

from typing import NamedTuple

import torch
from torch import Tensor

NEAR = 4.0  # standard deviations from its centre within which a sample counts for a group
LEAST = 0.1  # of a group's fair share of the samples: with fewer it counts as missing


class Coverage(NamedTuple):
    """counts (K,): samples near each centre; covered: centres with enough of them; near: share of samples near any."""

    counts: Tensor
    covered: int
    near: float


def coverage(samples: Tensor, centres: Tensor, spread: Tensor) -> Coverage:
    """samples (N, D), centres (K, D) and their standard deviations (K,) -> Coverage."""
    distances, nearest = torch.cdist(samples, centres).min(1)  # (N,)
    near = distances <= NEAR * spread[nearest]
    counts = nearest[near].bincount(minlength=len(centres))
    enough = counts >= LEAST * len(samples) / len(centres)
    return Coverage(counts, int(enough.sum()), near.float().mean().item())
