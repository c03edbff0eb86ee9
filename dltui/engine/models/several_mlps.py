"""Several fully connected nets of the same shape, each with first weights of its own: the members of an ensemble."""

from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.models import mlp


def build(
    *,
    members: int = 7,
    inputs: int = 784,
    hidden: list[int] = (64,),
    outputs: int = 10,
    activation: Literal["relu", "tanh", "sigmoid", "leaky_relu"] = "relu",
) -> nn.Module:
    """Nets of kind mlp beside each other, which share nothing.

    members: number of nets, at least 1.
    inputs: values of a row, at least 1; pictures are flattened.
    hidden: units of each hidden layer of each net, at least 1; an empty list makes the nets linear.
    outputs: values of a net's last layer, at least 1.
    activation: the function between the layers.
    """
    nets = [mlp.build(inputs=inputs, hidden=hidden, outputs=outputs, activation=activation) for _ in range(members)]
    return SeveralMLPs(nets)


class SeveralMLPs(nn.Module):
    """(members, B, ...), rows of its own for each, or (B, ...), the same for all -> logits (members, B, outputs)."""

    def __init__(self, nets: list[nn.Module]):
        super().__init__()
        self.members = nn.ModuleList(nets)

    def forward(self, rows: Tensor | list[Tensor]) -> Tensor:
        own = rows if isinstance(rows, list) else [rows] * len(self.members)
        return torch.stack([net(of_net) for net, of_net in zip(self.members, own, strict=True)])
