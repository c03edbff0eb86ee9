"""The squared error of a picture of probabilities, and of its edges: a composite loss, one part for the whole and one
for what borders are made of.
"""

import torch
from torch import Tensor

TASKS = ("segment",)


def build(*, edges: float = 0.0) -> "PixelL2":
    """L2 of the probabilities of all classes but the first, the ground; with edges, L2 of their differences too.

    edges: weight of the squared error of the edges, at least 0: differences of neighbours, across and down.
    """
    return PixelL2(edges)


class PixelL2:
    """See contracts.loss.PixelLoss; pixels have no weights."""

    def __init__(self, edges: float):
        self.edges = edges

    def __call__(self, logits: Tensor, targets: Tensor) -> Tensor:
        """logits (B, classes, H, W), targets (B, H, W) -> the mean over pixels and classes, a scalar."""
        classes = torch.arange(1, logits.shape[1], device=targets.device)
        y = targets[:, None] == classes.view(-1, 1, 1)
        error = logits.softmax(1)[:, 1:] - y.to(logits.dtype)  # (B, classes - 1, H, W)
        if not self.edges:
            return (error**2).mean()
        across, down = error.diff(dim=3), error.diff(dim=2)  # the edges of the error are the error of the edges
        return (error**2).mean() + self.edges * ((across**2).mean() + (down**2).mean())
