"""What a net costs: the weights of each layer, and the multiply-adds of one row, counted while it goes through."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

COUNTED = (nn.Linear, nn.Conv1d, nn.Conv2d)  # all else, sums and maxima, is small beside them and in no paper's count


class Cost(NamedTuple):
    """Of one layer."""

    name: str
    shape: tuple[int, ...]  # of what it gives for a row
    weights: int  # biases with them
    operations: int  # multiply-adds of one row, a product and its sum being one; no biases


def layer_costs(net: nn.Module, inputs: Tensor) -> list[Cost]:
    """Returns the convolutions and linear layers in the order in which inputs (B, ...) come to them.

    On torch's meta device nothing is worked out, so that a net of any size is counted at once. A layer that is gone
    through again counts its operations again, its weights once.
    """
    names = {layer: name for name, layer in net.named_modules()}
    found: dict[nn.Module, Cost] = {}

    def note(layer: nn.Module, _inputs: tuple[Tensor], out: Tensor) -> None:
        products = layer.weight[0].numel()  # of one number of the output; a group of channels sees its own only
        operations = out.numel() // len(inputs) * products
        before = found[layer].operations if layer in found else 0
        weights = sum(p.numel() for p in layer.parameters())
        found[layer] = Cost(names[layer], tuple(out.shape[1:]), weights, before + operations)

    hooks = [layer.register_forward_hook(note) for layer in net.modules() if isinstance(layer, COUNTED)]
    try:
        with torch.no_grad():
            net(inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return list(found.values())


def weights(net: nn.Module) -> int:
    """All weights that are learned, those of normalization too."""
    return sum(p.numel() for p in net.parameters())


def costs(net: nn.Module, inputs: Tensor) -> dict[str, int]:
    """Returns the "weights" of a net and the "operations" of one row of inputs (B, ...), the metrics of comparisons."""
    return {"weights": weights(net), "operations": sum(layer.operations for layer in layer_costs(net, inputs))}
