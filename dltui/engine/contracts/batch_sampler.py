"""Batches as row numbers, their order a function of seed and epoch, so that any step can be resumed."""

import torch
from torch import Tensor

EPOCH_STRIDE = 1_000_003  # a prime: seeds and epochs do not meet


def epoch_order(rows: int, seed: int, epoch: int) -> Tensor:
    """Returns the order of rows in an epoch, (rows,) int64."""
    return torch.randperm(rows, generator=torch.Generator().manual_seed(seed * EPOCH_STRIDE + epoch))


class BatchSampler:
    """Row numbers of batch after batch, all of one size; what is left at the end of an epoch waits for the next."""

    def __init__(self, rows: int, batch: int, seed: int, device: torch.device, step: int = 0):
        self.rows, self.batch, self.seed, self.device = rows, min(batch, rows), seed, device
        self.per_epoch = rows // self.batch
        self._own = slice(None)
        self.seek(step)

    def share(self, rank: int, world: int) -> None:
        """From now on gives only the rows rank, rank + world, rank + 2 world ... of each batch."""
        self._own = slice(rank, None, world)
        self._load()

    def seek(self, step: int) -> None:
        """Goes to the batch of `step` (from 0)."""
        self._epoch, self._next = divmod(step, self.per_epoch)
        self._load()

    def _load(self) -> None:
        order = epoch_order(self.rows, self.seed, self._epoch)[: self.per_epoch * self.batch]
        self._numbers = [part[self._own] for part in order.split(self.batch)]  # on the host
        self._batches = [part[self._own] for part in order.to(self.device).split(self.batch)]

    def next(self) -> Tensor:
        """Returns the rows of the next batch, (batch,) int64."""
        rows, _ = self.ahead()
        self._next += 1
        return rows

    def ahead(self) -> tuple[Tensor, Tensor]:
        """Returns the tensor that `next` will return, and the same rows on the host."""
        if self._next == self.per_epoch:
            self._epoch, self._next = self._epoch + 1, 0
            self._load()
        return self._batches[self._next], self._numbers[self._next]
