"""The R1 penalty: a discriminator is not to be steep at real rows (Mescheder et al. 2018, arXiv:1801.04406)."""

import torch
from torch import Tensor

TASKS = ("gan",)
LIVE = ("gamma",)


def build(*, gamma: float = 1.0) -> "GradientPenalty":
    """The discriminator also minimises gamma/2 |dD/dx|^2 at real rows, D being its logit.

    gamma: weight of the penalty, at least 0; 0 leaves the plain GAN.
    """
    return GradientPenalty(gamma)


class GradientPenalty:
    """See contracts.loss.AdversarialRegularizer."""

    def __init__(self, gamma: float):
        self.gamma = gamma

    def __call__(self, logits: Tensor, inputs: Tensor) -> Tensor | float:
        """logits (B, 1) of inputs (B, ...) that require gradients -> scalar, the mean over the rows."""
        if not self.gamma:
            return 0.0
        (slope,) = torch.autograd.grad(logits.sum(), inputs, create_graph=True)  # (B, ...)
        return self.gamma / 2 * slope.square().flatten(1).sum(1).mean()
