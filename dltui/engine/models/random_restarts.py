"""Many copies of one little net, each begun from weights of its own (Rumelhart, Hinton, Williams 1986, on XOR)."""

import math

import torch
from torch import Tensor, nn


def build(*, copies: int = 16, inputs: int = 2, hidden: int = 2, products: bool = False) -> nn.Module:
    """Nets with one logit and one hidden layer of sigmoids at most.

    copies: nets side by side, at least 1, at most 256.
    inputs: values of a row, at least 1.
    hidden: units of the hidden layer, at least 0; with 0 each net is a line.
    products: whether the product of every two inputs is one more input.
    """
    return LittleNets(copies, inputs, hidden, products)


class LittleNets(nn.Module):
    """(N, inputs) -> logits (copies, N). No copy knows of the others."""

    def __init__(self, copies: int, inputs: int, hidden: int, products: bool):
        super().__init__()
        self.pairs = list(torch.combinations(torch.arange(inputs)).tolist()) if products else []
        wide = inputs + len(self.pairs)
        self.names = [f"x{i + 1}" for i in range(inputs)] + [f"x{i + 1} x{j + 1}" for i, j in self.pairs]
        if hidden:
            self.W, self.b = uniform(copies, wide, hidden, fan=wide), uniform(copies, 1, hidden, fan=wide)
            self.names, wide = [f"h{i + 1}" for i in range(hidden)], hidden
        self.hidden = hidden
        self.v, self.c = uniform(copies, wide, fan=wide), uniform(copies, 1, fan=wide)

    def features(self, rows: Tensor) -> Tensor:
        """What the last layer is given: rows (N, inputs) -> (copies, N, features), named in `names`."""
        x = torch.cat([rows, *(rows[:, i : i + 1] * rows[:, j : j + 1] for i, j in self.pairs)], 1)
        if self.hidden:
            return torch.sigmoid(x @ self.W + self.b)
        return x.expand(len(self.v), *x.shape)

    def forward(self, rows: Tensor) -> Tensor:
        return (self.features(rows) @ self.v[..., None])[..., 0] + self.c


def uniform(*shape: int, fan: int) -> nn.Parameter:
    """Weights as torch's own linear layers begin: within 1 / sqrt(values that come in)."""
    return nn.Parameter(torch.empty(shape).uniform_(-1, 1) / math.sqrt(fan))
