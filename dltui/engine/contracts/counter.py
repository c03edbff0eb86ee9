"""Whole numbers that a part counts as it trains: a checkpoint holds them, and no step waits for the device to read one.

A buffer alone lies on the device, and `int(buffer)` waits until the GPU has done all that was asked of it before.
"""

import torch
from torch import Tensor, nn


class Counter:
    """A number of a part, `int(counter)`, that lies in its buffer `name` too.

    Where somebody else has written the buffer or put another in its place, as a resume does, it is read from there.
    """

    def __init__(self, part: nn.Module, name: str, start: int = 0):
        part.register_buffer(name, torch.tensor(start))
        self.part, self.name = part, name
        self._remember(start)

    def __int__(self) -> int:
        if self._buffer is not self._known or self._known._version != self._version:
            self._remember(int(self._buffer))
        return self._value

    def set(self, value: int) -> None:
        """Sets it, in the buffer too."""
        self._buffer.fill_(value)
        self._remember(value)

    @property
    def _buffer(self) -> Tensor:
        return getattr(self.part, self.name)

    def _remember(self, value: int) -> None:
        self._value, self._known, self._version = value, self._buffer, self._buffer._version
