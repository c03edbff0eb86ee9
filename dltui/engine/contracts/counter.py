"""Whole numbers that a part counts as it trains: a checkpoint holds them, and no step waits for the device to read one.

A buffer alone lies on the device, and `int(buffer)` waits until the GPU has done all that was asked of it before.
"""

import torch
from torch import nn


class Counter:
    """A number of a part, `int(counter)`, that lies in its buffer `name` too, from which a resume takes it back."""

    def __init__(self, part: nn.Module, name: str, start: int = 0):
        part.register_buffer(name, torch.tensor(start))
        self.part, self.name, self.value = part, name, start
        part.register_load_state_dict_post_hook(lambda *_: self._take_back())

    def __int__(self) -> int:
        return self.value

    def set(self, value: int) -> None:
        """Sets it, in the buffer too."""
        self.value = value
        getattr(self.part, self.name).fill_(value)

    def _take_back(self) -> None:
        self.value = int(getattr(self.part, self.name))
