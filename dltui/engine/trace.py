"""Curves that a task remembers over its run, so that it can draw and resume them: thinned where they grow long."""

import torch
from torch import Tensor, nn

KEPT = 256  # points; when there are more, every second one is kept


class Trace(nn.Module):
    """Rows of numbers (width,), each with its step, as buffers: a checkpoint holds them."""

    def __init__(self, width: int):
        super().__init__()
        self.register_buffer("rows", torch.zeros(KEPT, width, dtype=torch.float64))
        self.register_buffer("at", torch.zeros(KEPT, dtype=torch.int64))
        self.register_buffer("count", torch.tensor(0))
        self.register_buffer("every", torch.tensor(1))  # of the rows that are added, every so manieth is kept
        self.register_buffer("added", torch.tensor(0))

    def add(self, step: int, row: Tensor | list[float]) -> None:
        """Keeps the row, unless the trace has been thinned and it is not its turn."""
        turn = int(self.added) % int(self.every) == 0
        self.added += 1
        if not turn:
            return
        if self.count == KEPT:
            self.rows[: KEPT // 2], self.at[: KEPT // 2] = self.rows[::2].clone(), self.at[::2].clone()
            self.count.fill_(KEPT // 2)
            self.every *= 2
        self.rows[self.count] = torch.as_tensor(row, dtype=torch.float64)
        self.at[self.count] = step
        self.count += 1

    @property
    def steps(self) -> Tensor:
        """(N,) int64, growing."""
        return self.at[: self.count]

    @property
    def values(self) -> Tensor:
        """(N, width) float64, as they were added."""
        return self.rows[: self.count]
