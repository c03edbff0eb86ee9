"""What weights cost: a pull towards nought, put into the loss beside the error (Tikhonov 1943; Tibshirani 1996)."""

import torch
from torch import Tensor, nn

NEAR = 1e-3  # of nought


def weights_of(net: nn.Module) -> list[Tensor]:
    """The weights that are penalised: matrices and kernels. A bias shifts, and says nothing of how bent a net is."""
    return [weight for weight in net.parameters() if weight.dim() > 1]


def elastic(net: nn.Module, l1: float, l2: float) -> Tensor:
    """l1 sum |w| + l2 sum w^2, a scalar. Together they are the elastic net (Zou and Hastie 2005).

    The pull of |w| is the same however small w is, and takes it to nought; that of w^2 fades as w shrinks.
    """
    return sum(l1 * w.abs().sum() + l2 * w.square().sum() for w in weights_of(net))


def near_zero(net: nn.Module) -> float:
    """The share of the weights within NEAR of nought."""
    weights = torch.cat([w.flatten() for w in weights_of(net)])
    return (weights.abs() < NEAR).float().mean().item()
