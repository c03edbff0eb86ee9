"""Adagrad: each weight's rate shrinks with all the squares of its gradients (Duchi, Hazan, Singer 2011)."""

from collections.abc import Callable
from functools import partial

import torch


def build(*, lr: float = 0.01, eps: float = 1e-10, weight_decay: float = 0.0) -> Callable[..., torch.optim.Optimizer]:
    """Returns parameters -> optimizer: torch's own.

    lr: learning rate, above 0.
    eps: added to the root of the squares' sum, above 0.
    weight_decay: factor of the squared weights in the loss, at least 0.
    """
    return partial(torch.optim.Adagrad, lr=lr, eps=eps, weight_decay=weight_decay)
