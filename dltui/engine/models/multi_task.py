"""Multi-task learning: one body whose features several heads share (Caruana 1997, "Multitask learning")."""

from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.layers.convolved import convolved


def build(
    *,
    sharing: Literal["shared", "separate"] = "shared",
    width: int = 8,
    hidden: int = 32,
    channels: int = 3,
    size: int = 32,
    outputs: int = 3,
) -> nn.Module:
    """Convolutions and a linear layer make the features; a head, one linear layer, gives the logit of a task.

    sharing: shared, one body for all heads; separate, a body of the same size for each: as many nets as tasks.
    width: channels of the first convolution, at least 1; the second has twice, the third four times as many.
    hidden: features that a body gives, at least 1.
    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, at least 8.
    outputs: tasks, each with a yes or a no, at least 1.
    """
    return MultiTask(sharing, width, hidden, channels, size, outputs)


class MultiTask(nn.Module):
    """(B, channels, size, size) -> logits (B, outputs)."""

    def __init__(self, sharing: str, width: int, hidden: int, channels: int, size: int, outputs: int):
        super().__init__()
        bodies = 1 if sharing == "shared" else outputs
        self.bodies = nn.ModuleList(body(channels, width, size, hidden) for _ in range(bodies))
        self.heads = nn.ModuleList(nn.Linear(hidden, 1) for _ in range(outputs))

    def forward(self, pictures: Tensor) -> Tensor:
        features = [one(pictures) for one in self.bodies]  # (B, hidden) each
        if len(features) == 1:
            features *= len(self.heads)
        return torch.cat([head(x) for head, x in zip(self.heads, features, strict=True)], 1)


def body(channels: int, width: int, size: int, hidden: int) -> nn.Sequential:
    """(B, channels, size, size) -> features (B, hidden)."""
    ins, layers = channels, []
    for out in (width, 2 * width, 4 * width):
        layers += convolved(ins, out, stride=2)
        ins, size = out, (size + 1) // 2
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(ins * size * size, hidden), nn.ReLU())
