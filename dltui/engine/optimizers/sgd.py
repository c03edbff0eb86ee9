"""Stochastic gradient descent with momentum (Robbins and Monro 1951; Polyak 1964), torch's own, fused."""

from collections.abc import Callable
from functools import partial

import torch


def build(
    *, lr: float = 0.1, momentum: float = 0.0, nesterov: bool = False, weight_decay: float = 0.0
) -> Callable[..., torch.optim.Optimizer]:
    """Returns parameters -> optimizer.

    lr: learning rate, above 0.
    momentum: share of the old velocity kept in a step, at least 0, below 1.
    nesterov: whether the gradient is taken a step ahead; needs momentum.
    weight_decay: factor of the squared weights in the loss, at least 0.
    """
    return partial(torch.optim.SGD, lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay, fused=True)
