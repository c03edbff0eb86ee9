"""Many equal layers one upon another, with or without skip connections (He et al. 2016, arXiv:1603.05027)."""

from typing import Literal

from torch import Tensor, nn

ACTIVATIONS = {
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
    activation: Literal["sigmoid", "tanh", "softplus", "relu", "leaky_relu", "prelu", "elu", "gelu"] = "relu",
    skip: bool = False,
) -> nn.Module:
    """`depth` layers of one width, between a first layer and a last one.

    inputs: values of a row, at least 1; pictures are flattened.
    width: units of each layer, at least 1.
    depth: equal layers, at least 1.
    outputs: values of the last layer, at least 1.
    activation: the function after each layer.
    skip: whether what goes into a layer is added to what comes out.
    """
    return DeepMLP(inputs, width, depth, outputs, activation, skip)


class DeepMLP(nn.Module):
    """(B, ...) -> logits (B, outputs). `layers` are the equal ones, the first of them nearest to the input."""

    def __init__(self, inputs: int, width: int, depth: int, outputs: int, activation: str, skip: bool):
        super().__init__()
        self.name, self.skip = activation, skip
        self.first = nn.Linear(inputs, width)
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.activations = nn.ModuleList(ACTIVATIONS[activation]() for _ in range(1 + depth))
        self.head = nn.Linear(width, outputs)
        gain = 2.0 if activation in RECTIFIERS else 1.0  # He's first weights for these, Xavier's for the others
        for layer in (self.first, *self.layers, self.head):
            nn.init.normal_(layer.weight, std=(gain / layer.in_features) ** 0.5)
            nn.init.zeros_(layer.bias)

    def with_depth(self, depth: int) -> "DeepMLP":
        """Returns a new net, untrained, that is like this one but for its depth."""
        sizes = self.first.in_features, self.first.out_features, depth, self.head.out_features
        return DeepMLP(*sizes, self.name, self.skip).to(self.head.weight.device)

    def forward(self, rows: Tensor) -> Tensor:
        first, *others = self.activations
        h = first(self.first(rows.flatten(1)))  # (B, width)
        for layer, activation in zip(self.layers, others, strict=True):
            h = h + activation(layer(h)) if self.skip else activation(layer(h))
        return self.head(h)
