"""Multi-layer perceptron (Rumelhart, Hinton, Williams 1986, "Learning representations by back-propagating errors")."""

import itertools
from typing import Literal

from torch import Tensor, nn

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "leaky_relu": lambda: nn.LeakyReLU(0.2)}


def build(
    *,
    inputs: int = 784,
    hidden: list[int] = (64,),
    outputs: int = 10,
    activation: Literal["relu", "tanh", "sigmoid", "leaky_relu"] = "relu",
    dropout: float = 0.0,
) -> nn.Module:
    """Fully connected layers with an activation between them.

    inputs: values of a row, at least 1; pictures are flattened.
    hidden: units of each hidden layer, at least 1; an empty list makes the model linear.
    outputs: values of the last layer, at least 1.
    activation: the function between the layers.
    dropout: share of hidden units silenced in training, at least 0, below 1.
    """
    return MLP(inputs, list(hidden), outputs, activation, dropout)


class MLP(nn.Module):
    """(B, ...) -> logits (B, outputs). `layers` are the linear layers' blocks, `head` the last layer."""

    def __init__(self, inputs: int, hidden: list[int], outputs: int, activation: str, dropout: float):
        super().__init__()
        widths = [inputs, *hidden]
        blocks: list[nn.Module] = []
        for width_in, width_out in itertools.pairwise(widths):
            blocks += [nn.Linear(width_in, width_out), ACTIVATIONS[activation]()]
            if dropout:
                blocks.append(nn.Dropout(dropout))
        self.layers = nn.Sequential(*blocks)
        self.head = nn.Linear(widths[-1], outputs)

    def forward(self, rows: Tensor) -> Tensor:
        return self.head(self.layers(rows.flatten(1)))
