"""AdamW: weights that decay beside Adam's step, not through it (Loshchilov and Hutter 2019, arXiv:1711.05101)."""

from collections.abc import Callable
from functools import partial

import torch


def build(
    *, lr: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999, eps: float = 1e-8, weight_decay: float = 0.01
) -> Callable[..., torch.optim.Optimizer]:
    """Returns parameters -> optimizer: torch's own, fused.

    lr: learning rate, above 0.
    beta1: share of the old mean of gradients kept in a step, at least 0, below 1.
    beta2: share of the old mean of their squares kept in a step, at least 0, below 1.
    eps: added to the root of the squares' mean, above 0.
    weight_decay: share of a weight taken from it at a step, times the rate, at least 0.
    """
    return partial(torch.optim.AdamW, lr=lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay, fused=True)
