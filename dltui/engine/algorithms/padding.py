"""Padding: which cell of a grid stands beyond its border (Gonzalez and Woods, "Digital image processing")."""

import torch
from torch import Tensor

MODES = ("zeros", "replicate", "reflect", "circular")


def source(i: int, n: int, mode: str) -> int | None:
    """Returns which of the cells 0 .. n - 1 is seen at place i, which may lie beyond them; None where nothing is: 0.

    replicate: the border's; reflect: as in a mirror that stands on the border's cell; circular: from the other end.
    """
    if 0 <= i < n:
        return i
    if mode == "replicate":
        return min(max(i, 0), n - 1)
    if mode == "reflect":
        m = i % (2 * n - 2) if n > 1 else 0
        return min(m, 2 * n - 2 - m)
    return i % n if mode == "circular" else None


def pad(x: Tensor, p: int, mode: str) -> Tensor:
    """x (..., H, W) -> (..., H + 2 p, W + 2 p), p cells of padding at each side."""
    for dim in (-2, -1):
        n = x.shape[dim]
        places = [source(i, n, mode) for i in range(-p, n + p)]
        nothing = torch.tensor([place is None for place in places], device=x.device)
        x = x.index_select(dim, torch.tensor([place or 0 for place in places], device=x.device))
        x = x.masked_fill(nothing[:, None] if dim == -2 else nothing, 0)
    return x
