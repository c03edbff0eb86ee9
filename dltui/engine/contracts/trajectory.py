"""The way that numbers took in a demonstration, kept as buffers so that a checkpoint holds it; thinned as it grows."""

import torch
from torch import Tensor, nn

from dltui.engine.contracts.counter import Counter

KEPT = 513  # points; when there are more every third one is kept: an odd number, or a zigzag would vanish


class Trajectory(nn.Module):
    """`values` (T, ...) and their `steps` (T,), the oldest first."""

    def __init__(self, first: Tensor):
        """first: where it begins, at step 0."""
        super().__init__()
        self.register_buffer("kept", first[None].repeat(KEPT, *[1] * first.dim()))
        self.register_buffer("at", torch.zeros(KEPT, dtype=torch.long))
        self._count, self._every = Counter(self, "count", 1), Counter(self, "every", 1)

    @property
    def values(self) -> Tensor:
        return self.kept[: int(self._count)]

    @property
    def steps(self) -> Tensor:
        return self.at[: int(self._count)]

    def add(self, step: int, value: Tensor) -> None:
        """Keeps the value of a step, unless the trail has grown so long that only every n-th step is kept."""
        if step % int(self._every):
            return
        if int(self._count) == KEPT:
            part = KEPT // 3
            self.kept[:part], self.at[:part] = self.kept[::3].clone(), self.at[::3].clone()
            self._count.set(part)
            self._every.set(3 * int(self._every))
            if step % int(self._every):
                return
        self.kept[int(self._count)] = value
        self.at[int(self._count)].fill_(step)
        self._count.set(int(self._count) + 1)
