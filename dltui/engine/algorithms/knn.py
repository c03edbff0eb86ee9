"""k nearest neighbours (Fix and Hodges 1951; Cover and Hart 1967): what is near is alike, and nothing is learned."""

import torch
from torch import Tensor
from torch.nn.functional import one_hot

TOGETHER = 500  # rows whose distances to all others are held at once


def nearest(queries: Tensor, rows: Tensor, most: int, barred: Tensor | None = None) -> Tensor:
    """queries (Q, D), rows (N, D) -> the numbers of the `most` nearest rows of each, the nearest first (Q, most).

    barred (Q, N): rows that a query may not look at.
    """
    found = []
    for start in range(0, len(queries), TOGETHER):
        part = slice(start, start + TOGETHER)
        d = torch.cdist(queries[part].double(), rows.double())  # (q, N)
        if barred is not None:
            d = d.masked_fill(barred[part], torch.inf)
        found.append(d.topk(most, largest=False).indices)
    return torch.cat(found)


def vote(labels: Tensor, k: int) -> Tensor:
    """labels (Q, most), the nearest neighbour's first -> the commonest of the first k (Q,); of equals the least."""
    return one_hot(labels[:, :k]).sum(1).argmax(1)
