"""A neuron without an activation, by least squares: its loss is a paraboloid, and all of its descent can be computed.

L(w) = 1/2 mean (x w - y)^2, its gradient mean x (x w - y), its curvature H = mean x x^T. Along an eigenvector of H with
eigenvalue lambda a step of gradient descent multiplies the distance from the least place by 1 - a lambda: it shrinks
while a < 2/lambda (LeCun, Bottou, Orr, Mueller 1998, "Efficient BackProp", section 5.1).
"""

from typing import NamedTuple

import torch
from torch import Tensor


def loss(w: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """w (..., D), x (N, D), y (N,) -> (...)."""
    return (w @ x.T - y).square().mean(-1) / 2


def gradient(w: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """w (..., D), x (N, D), y (N,) -> (..., D): the mean of the rows' own gradients."""
    return (w @ x.T - y) @ x / len(x)


class Bowl(NamedTuple):
    """`least` (D,): where the loss is least. `curvatures` (D,), rising, along `directions` (D, D), one a column."""

    least: Tensor
    curvatures: Tensor
    directions: Tensor

    @property
    def limit(self) -> float:
        """The learning rate 2/lambda from which gradient descent leads away, along the steepest direction."""
        return 2 / self.curvatures[-1].item()


def bowl(x: Tensor, y: Tensor) -> Bowl:
    """Returns the form of the loss of rows x (N, D), y (N,)."""
    curvatures, directions = torch.linalg.eigh(x.T @ x / len(x))
    return Bowl(torch.linalg.lstsq(x, y[:, None]).solution[:, 0], curvatures, directions)
