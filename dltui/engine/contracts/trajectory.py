"""The way that numbers took in a demonstration, kept as buffers so that a checkpoint holds it; thinned as it grows."""

import torch
from torch import Tensor, nn

KEPT = 513  # points; when there are more every third one is kept: an odd number, or a zigzag would vanish


class Trajectory(nn.Module):
    """`values` (T, ...) and their `steps` (T,), the oldest first."""

    def __init__(self, first: Tensor):
        """first: where it begins, at step 0."""
        super().__init__()
        self.register_buffer("kept", first[None].repeat(KEPT, *[1] * first.dim()))
        self.register_buffer("at", torch.zeros(KEPT, dtype=torch.long))
        self.register_buffer("count", torch.tensor(1))
        self.register_buffer("every", torch.tensor(1))

    @property
    def values(self) -> Tensor:
        return self.kept[: int(self.count)]

    @property
    def steps(self) -> Tensor:
        return self.at[: int(self.count)]

    def add(self, step: int, value: Tensor) -> None:
        """Keeps the value of a step, unless the trail has grown so long that only every n-th step is kept."""
        if step % int(self.every):
            return
        if int(self.count) == KEPT:
            part = KEPT // 3
            self.kept[:part], self.at[:part] = self.kept[::3].clone(), self.at[::3].clone()
            self.count.fill_(part)
            self.every.mul_(3)
            if step % int(self.every):
                return
        self.kept[int(self.count)], self.at[int(self.count)] = value, step
        self.count.add_(1)
