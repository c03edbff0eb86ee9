"""Equal layers one upon another: with skip connections (He et al. 2016, arXiv:1603.05027), batch normalisation (Ioffe
and Szegedy 2015, arXiv:1502.03167), or neither, from any first weights."""

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from dltui.engine.layers.batch_normalization import BatchNormalization
from dltui.engine.layers.initialisation import INITIALISATIONS, knots

ACTIVATIONS = {
    "linear": nn.Identity,
    "sigmoid": nn.Sigmoid,
    "tanh": nn.Tanh,
    "softplus": nn.Softplus,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,  # 0.01 below zero
    "prelu": nn.PReLU,  # 0.25 below zero at first, then learned
    "elu": nn.ELU,
    "gelu": nn.GELU,
}
RECTIFIERS = ("relu", "leaky_relu", "prelu", "elu", "gelu")  # they let half of what comes in pass


def build(
    *,
    inputs: int = 64,
    width: int = 32,
    depth: int = 30,
    outputs: int = 10,
    activation: Literal["linear", "sigmoid", "tanh", "softplus", "relu", "leaky_relu", "prelu", "elu", "gelu"] = "relu",
    skip: bool = False,
    normalize: Literal["none", "before", "after"] = "none",
    momentum: float = 0.1,
    initialisation: Literal["auto", "torch", "zeros", "constant", "normal", "lecun", "xavier", "he", "knots"] = "auto",
) -> nn.Module:
    """`depth` layers of one width, between a first layer and a last one.

    inputs: values of a row, at least 1; pictures are flattened.
    width: units of each layer, at least 1.
    depth: equal layers after the first, at least 0.
    outputs: values of the last layer, at least 1.
    activation: the function after each layer; linear leaves it out.
    skip: whether what goes into a layer is added to what comes out.
    normalize: batch normalisation: none; before, of what goes into an activation; after, of what comes out of it.
    momentum: what the newest batch adds to the running statistics of the normalisation, above 0, at most 1.
    initialisation: of the weights. auto is he for ReLU and its kin, lecun for others; torch is its own; normal is small
        random numbers; knots, for one input, lets each unit of the first layer turn over at a place of its own.
    """
    return DeepMLP(Options(inputs, width, depth, outputs, activation, skip, normalize, momentum, initialisation))


class Options(NamedTuple):
    """What `build` was given."""

    inputs: int
    width: int
    depth: int
    outputs: int
    activation: str
    skip: bool
    normalize: str
    momentum: float
    initialisation: str


class DeepMLP(nn.Module):
    """(B, ...) -> logits (B, outputs). `layers` are the equal ones, the first of them nearest to the input."""

    def __init__(self, options: Options):
        super().__init__()
        self.options = options
        width, count = options.width, 1 + options.depth
        self.first = nn.Linear(options.inputs, width)
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(options.depth))
        self.activations = nn.ModuleList(ACTIVATIONS[options.activation]() for _ in range(count))
        self.head = nn.Linear(width, options.outputs)
        normalized = count if options.normalize != "none" else 0
        self.norms = nn.ModuleList(BatchNormalization(width, options.momentum) for _ in range(normalized))
        _begin(self, options)

    @property
    def linear(self) -> list[nn.Linear]:
        """All layers with weights, from the input to the logits."""
        return [self.first, *self.layers, self.head]

    def with_depth(self, depth: int) -> "DeepMLP":
        """Returns a new net, untrained, that is like this one but for its depth."""
        return DeepMLP(self.options._replace(depth=depth)).to(self.head.weight.device)

    def hidden(self, rows: Tensor) -> Tensor:
        """rows (B, ..., inputs) -> (B, ..., width), what the last layer is given."""
        h = self._activated(0, self.first(rows))
        for number, layer in enumerate(self.layers, 1):
            out = self._activated(number, layer(h))
            h = h + out if self.options.skip else out
        return h

    def _activated(self, number: int, sums: Tensor) -> Tensor:
        before, after = (self.options.normalize == place for place in ("before", "after"))
        out = self.activations[number](self.norms[number](sums) if before else sums)
        return self.norms[number](out) if after else out

    def forward(self, rows: Tensor) -> Tensor:
        return self.head(self.hidden(rows.flatten(1)))


@torch.no_grad()
def _begin(net: DeepMLP, options: Options) -> None:
    """Gives a net its first weights."""
    name = options.initialisation
    if name == "auto":
        name = "he" if options.activation in RECTIFIERS else "lecun"
    if name == "knots":
        knots(net.first.weight, net.first.bias)
    elif name != "torch":
        for layer in net.linear:
            INITIALISATIONS[name](layer.weight)
            layer.bias.zero_()
    if options.normalize == "before":  # a bias would be taken away with the mean: beta stands in its place
        for layer in net.linear[:-1]:
            layer.bias = None
