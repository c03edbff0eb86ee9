"""A perceptron of several layers with batch normalisation, or without (Ioffe and Szegedy 2015, arXiv:1502.03167)."""

import itertools
from typing import Literal

from torch import Tensor, nn

from dltui.engine.layers.batch_normalization import BatchNormalization

ACTIVATIONS = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}


def build(
    *,
    inputs: int = 64,
    hidden: list[int] = (100, 100, 100),
    outputs: int = 10,
    activation: Literal["sigmoid", "tanh", "relu"] = "sigmoid",
    normalize: Literal["none", "before", "after"] = "before",
    share: float = 0.1,
) -> nn.Module:
    """Fully connected layers; each unit's values are normalised over the batch.

    inputs: values of a row, at least 1; pictures are flattened.
    hidden: units of each hidden layer, at least 1.
    outputs: values of the last layer, at least 1.
    activation: the function after each hidden layer.
    normalize: none; before, what goes into the activation; after, what comes out of it.
    share: what the newest batch adds to the running statistics, above 0, at most 1.
    """
    return NormalizedMLP(inputs, list(hidden), outputs, activation, normalize, share)


class NormalizedMLP(nn.Module):
    """(B, ...) -> logits (B, outputs). `layers` are the linear layers' blocks, `head` the last layer."""

    def __init__(self, inputs: int, hidden: list[int], outputs: int, activation: str, normalize: str, share: float):
        super().__init__()
        widths = [inputs, *hidden]
        blocks: list[nn.Module] = []
        for width_in, width_out in itertools.pairwise(widths):
            # before the activation a bias would be taken away with the mean: beta stands in its place
            blocks.append(nn.Linear(width_in, width_out, bias=normalize != "before"))
            made = {"none": [], "before": [BatchNormalization(width_out, share)], "after": []}[normalize]
            blocks += [*made, ACTIVATIONS[activation]()]
            if normalize == "after":
                blocks.append(BatchNormalization(width_out, share))
        self.layers = nn.Sequential(*blocks)
        self.head = nn.Linear(widths[-1], outputs)

    def forward(self, rows: Tensor) -> Tensor:
        return self.head(self.layers(rows.flatten(1)))
