"""First weights of a layer: Xavier (Glorot, Bengio 2010), He (He et al. 2015, arXiv:1502.01852), and three that fail.

y is a sum of n products w x. Where these are independent and of mean 0, the variance is Dy = n Dw Dx: with Dw = 1/n as
much goes out as came in. Going back, n is the number of outputs; Xavier takes the mean of both numbers. ReLU lets half
of the squares through, so He doubles Dw.
"""

from collections.abc import Callable

import torch
from torch import Tensor

CONSTANT = 0.01
DEVIATION = 0.01
STEEPNESS = 6.0  # of a unit at its knot: size of its weight


def zeros(w: Tensor) -> Tensor:
    """Every weight 0."""
    return w.zero_()


def constant(w: Tensor) -> Tensor:
    """Every weight the same: so are all units of a layer, and remain so."""
    return w.fill_(CONSTANT)


def normal(w: Tensor) -> Tensor:
    """Small random numbers, as small for a wide layer as for a narrow one."""
    return w.normal_(std=DEVIATION)


def lecun(w: Tensor) -> Tensor:
    """Dw = 1 / n_in (LeCun, Bottou, Orr, Mueller 1998)."""
    n_in = w.shape[1]
    return w.normal_(std=(1 / n_in) ** 0.5)


def xavier(w: Tensor) -> Tensor:
    """Dw = 2 / (n_in + n_out)."""
    n_out, n_in = w.shape
    return w.normal_(std=(2 / (n_in + n_out)) ** 0.5)


def he(w: Tensor) -> Tensor:
    """Dw = 2 / n_in."""
    n_in = w.shape[1]
    return w.normal_(std=(2 / n_in) ** 0.5)


# each fills w (outputs, inputs) in place and returns it
INITIALISATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "zeros": zeros, "constant": constant, "normal": normal, "lecun": lecun, "xavier": xavier, "he": he
}  # fmt: skip


@torch.no_grad()
def knots(w: Tensor, b: Tensor) -> None:
    """Lets each unit of one input turn over, w x + b = 0, at a random place of -1..1: w (units, 1), b (units,).

    Torch's own biases put most of these places outside, where the units do nothing.
    """
    sign = torch.randint(0, 2, b.shape) * 2.0 - 1
    place = torch.rand(b.shape) * 2 - 1
    w.copy_(STEEPNESS * sign[:, None])
    b.copy_(-STEEPNESS * sign * place)
