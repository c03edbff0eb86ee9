"""RMSProp: the gradient divided by the root of a running mean of its squares (Hinton 2012, Coursera lecture 6e)."""

from collections.abc import Callable
from functools import partial

import torch


def build(
    *, lr: float = 0.01, gamma: float = 0.9, eps: float = 1e-8, momentum: float = 0.0, weight_decay: float = 0.0
) -> Callable[..., torch.optim.Optimizer]:
    """Returns parameters -> optimizer: torch's own.

    lr: learning rate, above 0.
    gamma: share of the old mean of squares kept in a step, at least 0, below 1.
    eps: added to the root of the squares' mean, above 0.
    momentum: share of the old velocity kept in a step, at least 0, below 1.
    weight_decay: factor of the squared weights in the loss, at least 0.
    """
    return partial(torch.optim.RMSprop, lr=lr, alpha=gamma, eps=eps, momentum=momentum, weight_decay=weight_decay)
