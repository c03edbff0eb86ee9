"""What a path of CTC stands for (Graves et al. 2006): repeats merged, blanks dropped."""

import torch
from torch import Tensor

BLANK = 0  # the number that padding has elsewhere: it stands for no symbol


def collapsed(paths: Tensor) -> Tensor:
    """paths (B, F) int64, a symbol or BLANK a frame -> symbols (B, F), BLANK behind the last of each row.

    A symbol twice in a row is one symbol; with a BLANK between them they are two.
    """
    before = torch.cat([torch.full_like(paths[:, :1], BLANK), paths[:, :-1]], 1)
    kept = (paths != BLANK) & (paths != before)
    order = (~kept).to(torch.uint8).argsort(dim=1, stable=True)  # those kept come first, in their order
    return paths.masked_fill(~kept, BLANK).gather(1, order)


def greedy(logits: Tensor) -> Tensor:
    """logits (B, F, symbols) -> symbols (B, F) of the likeliest path, BLANK behind the last."""
    return collapsed(logits.argmax(2))
