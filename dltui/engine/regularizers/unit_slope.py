"""The penalty of WGAN-GP: a critic's slope is to be 1 between real and generated rows (Gulrajani et al. 2017,
arXiv:1704.00028)."""

import torch
from torch import Tensor

TASKS = ("gan",)
LIVE = ("weight",)


def build(*, weight: float = 10.0) -> "UnitSlope":
    """The critic also minimises weight (|dD/dx| - 1)^2 at random places between real and generated rows.

    weight: of the penalty, at least 0; the paper has 10.
    """
    return UnitSlope(weight)


class UnitSlope:
    """See contracts.loss.AdversarialRegularizer."""

    def __init__(self, weight: float):
        self.weight = weight

    def at(self, real: Tensor, fake: Tensor) -> Tensor:
        """Real and generated rows (B, ...) -> a random place on the way from each to its partner (B, ...)."""
        share = torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device)
        return torch.lerp(real, fake, share)

    def __call__(self, logits: Tensor, inputs: Tensor) -> Tensor:
        """values (B, 1) at inputs (B, ...) that require gradients -> scalar, the mean over the rows."""
        (slope,) = torch.autograd.grad(logits.sum(), inputs, create_graph=True)  # (B, ...)
        return self.weight * (slope.flatten(1).norm(dim=1) - 1).square().mean()
