"""How far a task without gradients has come: numbers in the place of a net, so that a checkpoint holds them."""

import torch
from torch import nn


class Counters(nn.Module):
    """Whole numbers by name, as buffers: `Place(step=0)["step"]`."""

    def __init__(self, **numbers: int):
        super().__init__()
        for name, number in numbers.items():
            self.register_buffer(name, torch.tensor(number))

    def __getitem__(self, name: str) -> int:
        return int(self.get_buffer(name))

    def __setitem__(self, name: str, number: int) -> None:
        self.get_buffer(name).fill_(number)
