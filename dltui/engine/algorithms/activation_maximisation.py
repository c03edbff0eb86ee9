"""Activation maximisation (Erhan, Bengio, Courville, Vincent 2009, "Visualizing higher-layer features of a deep
network"): x* = argmax h(theta, x) over the pictures x that are allowed, by gradient ascent with theta held fixed.

The paper allows pictures of one length, |x| = rho; here those whose pixels lie in 0..1, as every picture's do.
"""

from collections.abc import Callable

import torch
from torch import Tensor


def ascend(
    h: Callable[[Tensor], Tensor], x: Tensor, steps: int, eta: float, penalty: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Returns the pictures (B, C, H, W) that the ascent comes to from x, and h before and after each step (steps+1, B).

    h: pictures -> the activation (B,) of each one's own unit; no picture's h depends on another picture.
    eta: how far the first step moves the pixels, in root mean square; steps shrink to 0 along the way.
    penalty: what a bright pixel costs, as a share of the steepest slope dh/dx: those that give less go black.
    """
    path = []
    for step in range(steps):
        activation, gradient = _with_gradient(h, x)
        steepest = gradient.abs().amax((1, 2, 3), keepdim=True)
        seen = gradient != 0  # what a unit does not look at stays as it is
        pull = torch.where(seen, gradient - penalty * steepest, 0)
        length = (pull.square().sum((1, 2, 3)) / seen.sum((1, 2, 3)).clamp(min=1)).sqrt().clamp(min=1e-12)
        x = (x + eta * (1 - step / steps) * pull / length[:, None, None, None]).clamp(0, 1)
        path.append(activation)
    return x, torch.stack([*path, _with_gradient(h, x)[0]])


def highest_if_linear(h: Callable[[Tensor], Tensor], black: Tensor) -> Tensor:
    """Returns the most (B,) that units linear in x can answer: h = b + w.x is highest where x is 1 if w > 0, else 0.

    black: pictures (B, C, H, W) of zeros.
    """
    b, w = _with_gradient(h, black)
    return b + w.clamp(min=0).sum((1, 2, 3))


def _with_gradient(h: Callable[[Tensor], Tensor], x: Tensor) -> tuple[Tensor, Tensor]:
    """h(x) and dh/dx, wherever gradients are off; weights get none."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        activation = h(x)
        return activation.detach(), torch.autograd.grad(activation.sum(), x)[0]
