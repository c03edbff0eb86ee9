"""Multi-layer perceptron (Rumelhart, Hinton, Williams 1986, "Learning representations by back-propagating errors")."""

import itertools
from typing import Literal

import torch
from torch import Tensor, nn

LIVE = ("dropout",)
ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid, "leaky_relu": lambda: nn.LeakyReLU(0.2)}


def build(
    *,
    inputs: int = 784,
    hidden: list[int] = (64,),
    outputs: int = 10,
    activation: Literal["relu", "tanh", "sigmoid", "leaky_relu"] = "relu",
    dropout: float = 0.0,
    products: bool = False,
    batch_norm: bool = False,
    output: Literal["linear", "tanh"] = "linear",
) -> nn.Module:
    """Fully connected layers with an activation between them; of noise, the generator of the first GAN.

    inputs: values of a row or of a generator's noise, at least 1; pictures are flattened.
    hidden: units of each hidden layer, at least 1; an empty list makes the model linear.
    outputs: values of the last layer, at least 1.
    activation: the function between the layers.
    dropout: share of hidden units dropped in training, at least 0, below 1.
    products: whether the product of every two inputs is one more input.
    batch_norm: whether batch normalisation stands before each activation.
    output: linear, or tanh, which keeps what a generator draws in -1..1.
    """
    return MLP(inputs, list(hidden), outputs, activation, dropout, products, batch_norm, output)


class MLP(nn.Module):
    """(B, ...) -> logits (B, outputs). `layers` are the linear layers' blocks, `head` the last layer."""

    def __init__(
        self,
        inputs: int,
        hidden: list[int],
        outputs: int,
        activation: str,
        dropout: float,
        products: bool,
        batch_norm: bool,
        output: str,
    ):
        super().__init__()
        self.latent = inputs  # as a generator: numbers of its noise
        blocks: list[nn.Module] = [Products()] * products
        widths = [inputs + products * (inputs * (inputs - 1) // 2), *hidden]
        for width_in, width_out in itertools.pairwise(widths):
            blocks.append(nn.Linear(width_in, width_out))
            if batch_norm:
                blocks.append(nn.BatchNorm1d(width_out))
            blocks.append(ACTIVATIONS[activation]())
            if dropout:
                blocks.append(nn.Dropout(dropout))
        self.layers = nn.Sequential(*blocks)
        self.head = nn.Linear(widths[-1], outputs)
        self.bounded = output == "tanh"

    @property
    def dropout(self) -> float | None:
        """The rate of its dropout layers; None where it was built without."""
        return next((layer.p for layer in self.layers if isinstance(layer, nn.Dropout)), None)

    @dropout.setter
    def dropout(self, rate: float) -> None:
        for layer in self.layers:
            if isinstance(layer, nn.Dropout):
                layer.p = rate

    def forward(self, rows: Tensor) -> Tensor:
        values = self.head(self.layers(rows.flatten(1)))
        return torch.tanh(values) if self.bounded else values


class Products(nn.Module):
    """(B, D) -> (B, D + D (D - 1) / 2): the inputs, then the product of every two of them."""

    def forward(self, rows: Tensor) -> Tensor:
        i, j = torch.triu_indices(rows.shape[1], rows.shape[1], 1, device=rows.device)
        return torch.cat([rows, rows[:, i] * rows[:, j]], 1)
