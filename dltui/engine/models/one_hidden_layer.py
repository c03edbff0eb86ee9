"""One number in, one number out, one hidden layer between (Cybenko 1989, doi:10.1007/BF02551274)."""

from typing import Literal

import torch
from torch import Tensor, nn

ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu, "linear": lambda z: z}


def build(
    *, width: int = 8, activation: Literal["tanh", "relu", "linear"] = "tanh", steepness: float = 6.0
) -> nn.Module:
    """A sum of `width` units of the input.

    width: units of the hidden layer, at least 1, at most 1024.
    activation: the function in each unit; a sum of linear ones is a line, however many there are.
    steepness: size of the first weights, above 0.
    """
    return OneHiddenLayer(width, activation, steepness)


class OneHiddenLayer(nn.Module):
    """x (B, 1) in -1..1 -> (B, 1).

    A unit turns over where w x + b = 0. Torch's own beginning puts most of these places outside of -1..1, where they do
    nothing; here they begin anywhere within.
    """

    def __init__(self, width: int, activation: str, steepness: float):
        super().__init__()
        self.activation = ACTIVATIONS[activation]
        self.hidden, self.head = nn.Linear(1, width), nn.Linear(width, 1)
        with torch.no_grad():
            sign = torch.randint(0, 2, (width,)) * 2.0 - 1
            place = torch.rand(width) * 2 - 1
            self.hidden.weight.copy_(steepness * sign[:, None])
            self.hidden.bias.copy_(-steepness * sign * place)

    def parts(self, x: Tensor) -> Tensor:
        """What each unit adds to the sum: x (B, 1) -> (B, width)."""
        return self.activation(self.hidden(x)) * self.head.weight

    def places(self) -> Tensor:
        """Where each unit turns over, (width,)."""
        return -self.hidden.bias / self.hidden.weight[:, 0]

    def forward(self, x: Tensor) -> Tensor:
        return self.parts(x).sum(1, keepdim=True) + self.head.bias
