"""Adadelta: the size of its own steps stands in the place of a rate (Zeiler 2012, arXiv:1212.5701)."""

from collections.abc import Callable
from functools import partial

import torch


def build(
    *, lr: float = 1.0, gamma: float = 0.9, eps: float = 1e-6, weight_decay: float = 0.0
) -> Callable[..., torch.optim.Optimizer]:
    """Returns parameters -> optimizer: torch's own.

    lr: factor of every step, above 0; the paper has none, which is 1.
    gamma: share of the old means of squares kept in a step, at least 0, below 1.
    eps: added to both means; it decides how long the first steps are, above 0.
    weight_decay: factor of the squared weights in the loss, at least 0.
    """
    return partial(torch.optim.Adadelta, lr=lr, rho=gamma, eps=eps, weight_decay=weight_decay)
