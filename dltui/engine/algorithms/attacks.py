"""Adversarial examples: FGSM (Goodfellow et al. 2015, arXiv:1412.6572) and PGD (Madry et al. 2018, arXiv:1706.06083).

Pictures are in 0..1, eps is the most that any pixel's channel may change by, and what is made stays in 0..1.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def fgsm(loss: Callable[[Tensor], Tensor], x: Tensor, eps: float) -> Tensor:
    """Returns x + eps sign(dL/dx): one step of the full size, to where the loss rises fastest under |change| <= eps.

    loss: pictures (B, C, H, W) -> scalar. A sum or a mean over the batch: only the gradient's sign is used.
    """
    return (x + eps * _gradient(loss, x).sign()).clamp(0, 1)


def pgd(loss: Callable[[Tensor], Tensor], x: Tensor, eps: float, steps: int, *, start: Tensor | None = None) -> Tensor:
    """Returns pictures after `steps` small FGSM steps from `start`, each put back into the box |change| <= eps.

    start: where to begin, such as x and uniform noise in -eps..eps; x itself where it is None.
    """
    step = 2.5 * eps / steps  # reaches the border of the box from anywhere in it, and can turn round there
    x_adv = x if start is None else start
    for _ in range(steps):
        x_adv = x_adv + step * _gradient(loss, x_adv).sign()
        x_adv = x_adv.clamp(x - eps, x + eps).clamp(0, 1)
    return x_adv


def _gradient(loss: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """dL/dx, wherever gradients are off; weights get none."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        return torch.autograd.grad(loss(x), x)[0]
