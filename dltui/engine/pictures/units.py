"""What a net's activations do: where their inputs lie, and what they leave of the rows' differences."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from dltui.errors import DltuiError, ExitStatus

FARTHEST, BINS = 4.0, 41  # of an activation's inputs that are drawn
HIGHEST = 1.0  # of its values: slopes, which end there, can then be compared from one activation to the next


class Pass(NamedTuple):
    """What went through one activation."""

    activation: nn.Module
    inputs: Tensor  # (B, units)
    outputs: Tensor  # (B, units)


def passes(net: nn.Module, rows: Tensor) -> list[Pass]:
    """Returns what goes through each of the net's activations, in the order in which rows (B, ...) come to them.

    Raises DltuiError (2) where the net has none.
    """
    seen: list[Pass] = []

    def note(activation: nn.Module, inputs: tuple[Tensor], outputs: Tensor) -> None:
        seen.append(Pass(activation, inputs[0].detach().flatten(1), outputs.detach().flatten(1)))

    # torch keeps its activations in a module of their own: any net that is made of them can be looked at
    found = [module for module in net.modules() if type(module).__module__ == nn.ReLU.__module__]
    if not found:
        raise DltuiError(
            "The probe looks at activations; this net has no activations.",
            "Leave [probe.activations] out, or take another model: dltui kinds models",
            ExitStatus.USAGE,
        )
    hooks = [module.register_forward_hook(note) for module in found]
    try:
        net(rows)
    finally:
        for hook in hooks:
            hook.remove()
    return seen


def spreads(seen: list[Pass]) -> Tensor:
    """Returns how unlike the rows are after each activation (layers,): the deviation over the rows, root mean square
    over the units."""
    return torch.stack([each.outputs.std(0, correction=0).square().mean().sqrt() for each in seen])


def slope(activation: nn.Module, inputs: Tensor) -> Tensor:
    """Returns the derivative of an activation that takes each number by itself, at inputs of any shape."""
    with torch.enable_grad():
        at = inputs.detach().requires_grad_()
        return torch.autograd.grad(activation(at).sum(), at)[0]


def function_picture(seen: list[Pass]) -> dict:
    """Returns the payload `lines`: the last activation up to 1, its slope, and where its inputs lie, the peak at 1."""
    last = seen[-1]
    x = torch.linspace(-FARTHEST, FARTHEST, BINS, device=last.inputs.device)
    half = FARTHEST / (BINS - 1)  # the bins' middles are x
    counts = torch.histc(last.inputs.float(), BINS, -FARTHEST - half, FARTHEST + half)
    values = last.activation(x)
    curves = {
        "function": values.where(values <= HIGHEST, math.nan),
        "slope": slope(last.activation, x),
        "inputs in the last layer": counts / counts.max().clamp(min=1),
    }
    drawn = [{"name": name, "x": x.cpu().numpy(), "y": y.detach().cpu().numpy()} for name, y in curves.items()]
    return {"type": "lines", "curves": drawn, "x_title": "what comes into a unit", "y_title": "value"}


def layers_picture(seen: list[Pass]) -> dict:
    """Returns the payload `lines`: the spread after each layer, and the mean slope that the gradient meets there."""
    slopes = torch.stack([slope(each.activation, each.inputs).mean() for each in seen])
    layers = torch.arange(1, len(seen) + 1).numpy()
    curves = {"how unlike the rows are": spreads(seen), "mean slope": slopes}
    drawn = [{"name": name, "x": layers, "y": y.cpu().numpy()} for name, y in curves.items()]
    titles = {"x_title": "layer, from the input", "y_title": "value"}
    return {"type": "lines", "curves": drawn, **titles, "log_y": True}
