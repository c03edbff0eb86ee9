"""A multi-layer perceptron that is told a class: both nets of a conditional GAN (Mirza and Osindero 2014,
arXiv:1411.1784).
"""

from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.models.mlp import MLP


def build(
    *,
    inputs: int = 784,
    classes: int = 10,
    hidden: list[int] = (64,),
    outputs: int = 10,
    activation: Literal["relu", "tanh", "sigmoid", "leaky_relu"] = "leaky_relu",
    dropout: float = 0.0,
    batch_norm: bool = False,
    output: Literal["linear", "tanh"] = "linear",
) -> nn.Module:
    """Fully connected layers whose input is a row, or a generator's noise, and its class as a one-hot vector.

    inputs: values of a row or of a generator's noise, at least 1; pictures are flattened.
    classes: number of classes, at least 1.
    hidden: units of each hidden layer, at least 1.
    outputs: values of the last layer, at least 1.
    activation: the function between the layers.
    dropout: share of hidden units dropped in training, at least 0, below 1.
    batch_norm: whether batch normalisation stands before each activation.
    output: linear, or tanh, which keeps what a generator draws in -1..1.
    """
    layers = MLP(inputs + classes, list(hidden), outputs, activation, dropout, False, batch_norm, output)
    return ConditionalMLP(layers, inputs, classes)


class ConditionalMLP(nn.Module):
    """Rows (B, ...) and their classes (B,) int64 -> (B, outputs)."""

    conditional = True

    def __init__(self, layers: MLP, inputs: int, classes: int):
        super().__init__()
        self.layers, self.latent, self.classes = layers, inputs, classes

    def forward(self, rows: Tensor, labels: Tensor | None = None) -> Tensor:
        """labels: None for one class after the other."""
        numbers = torch.arange(self.classes, device=rows.device)
        if labels is None:
            labels = torch.arange(len(rows), device=rows.device) % self.classes
        one_hot = labels[:, None] == numbers  # (B, classes); torch's own one_hot waits for a GPU
        return self.layers(torch.cat([rows.flatten(1), one_hot.to(rows.dtype)], 1))
