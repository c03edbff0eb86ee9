"""The elastic net: l1 |w| + l2 w^2, summed over the weights (Tikhonov 1943; Tibshirani 1996; Zou and Hastie 2005)."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

NEAR = 1e-3  # of 0


def build(*, l1: float = 0.0, l2: float = 0.0) -> Callable[[nn.Module], Tensor | float]:
    """Weights cost their size, so that the net does without those that it does not need.

    l1: factor of the sum of the absolute values, at least 0.
    l2: factor of the sum of the squares, at least 0; with l1 the elastic net.
    """
    return lambda net: elastic(net, l1, l2) if l1 or l2 else 0.0


def weights_of(net: nn.Module) -> list[Tensor]:
    """The weights that are penalised: matrices and kernels. A bias shifts, and says nothing of how bent a net is."""
    return [weight for weight in net.parameters() if weight.dim() > 1]


def elastic(net: nn.Module, l1: float, l2: float) -> Tensor:
    """l1 sum |w| + l2 sum w^2, a scalar.

    The pull of |w| is the same however small w is, and takes it to 0; that of w^2 fades as w shrinks.
    """
    return sum(l1 * w.abs().sum() + l2 * w.square().sum() for w in weights_of(net))


def near_zero(net: nn.Module) -> float:
    """The share of the weights within NEAR of 0."""
    weights = torch.cat([w.flatten() for w in weights_of(net)])
    return (weights.abs() < NEAR).float().mean().item()
