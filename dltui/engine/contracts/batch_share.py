"""A batch that several processes share: which of its rows this process has."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor


class BatchShare(NamedTuple):
    """Rows rank, rank + world, rank + 2 world ... of a batch of `whole` rows."""

    rank: int
    world: int
    whole: int

    @property
    def own(self) -> int:
        """How many rows this process has."""
        return len(range(self.rank, self.whole, self.world))

    def size_of_whole(self, size: tuple[int, ...]) -> tuple[int, ...] | None:
        """The size that a tensor of `size` has for the whole batch; None where its first dimension is not of rows.

        (own, ...) -> (whole, ...), and (own k, ...), k values a row, -> (whole k, ...).
        """
        if not size or not size[0] or size[0] % self.own:
            return None
        return (size[0] // self.own * self.whole, *size[1:])

    def of(self, values: Tensor) -> Tensor:
        """values (whole k, ...) -> those of this process's rows (own k, ...)."""
        a_row = len(values) // self.whole
        return values.unflatten(0, (self.whole, a_row))[self.rank :: self.world].flatten(0, 1)


_shared: list[BatchShare] = []  # that of the loss which is computed now


@contextmanager
def sharing(share: BatchShare) -> Iterator[None]:
    """Within: what is computed of a batch is computed of this share of it."""
    _shared.append(share)
    try:
        yield
    finally:
        _shared.pop()


def places(count: int, device: torch.device) -> tuple[Tensor, int]:
    """The places (count,) of the `count` rows at hand in their batch, and how many rows the batch has."""
    share = _shared[-1] if _shared else None
    if share is None or share.own != count:
        return torch.arange(count, device=device), count
    return torch.arange(share.rank, share.whole, share.world, device=device), share.whole
