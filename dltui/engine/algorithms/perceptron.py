"""Rosenblatt's perceptron (1958, doi:10.1037/h0042519) and the bound on its mistakes (Novikoff 1962)."""

from typing import NamedTuple

import numpy as np
import torch
from scipy.optimize import nnls
from torch import Tensor


def with_bias(inputs: Tensor) -> Tensor:
    """inputs (N, D) -> x (N, D + 1) float64, the last column 1: a line's bias is one more weight."""
    return torch.cat([inputs.double(), torch.ones(len(inputs), 1, dtype=torch.float64)], 1)


def next_mistake(w: Tensor, x: Tensor, y: Tensor, start: int) -> int | None:
    """Returns the first row from `start` on, the end joined to the beginning, with y (w x) <= 0; None without one.

    w (D,), x (N, D), y (N,) in {-1, 1}.
    """
    wrong = (y * (x @ w) <= 0).nonzero()[:, 0]
    if not len(wrong):
        return None
    ahead = wrong[wrong >= start]
    return int(ahead[0] if len(ahead) else wrong[0])


def updated(w: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Returns w + y x: the weights after a mistake on the row x (D,) of class y in {-1, 1}."""
    return w + y * x


class Bound(NamedTuple):
    """R, the longest row; gamma, the widest margin that any line through the origin leaves; (R / gamma)^2."""

    R: float
    gamma: float

    @property
    def mistakes(self) -> float:
        """How many mistakes there can be, in whatever order the rows come; infinite where no line parts the rows."""
        return (self.R / self.gamma) ** 2 if self.gamma > 0 else float("inf")


def novikoff(x: Tensor, y: Tensor) -> Bound:
    """Returns the bound for rows x (N, D) of classes y (N,) in {-1, 1}.

    The widest margin is the least distance problem min |w| with y (w x) >= 1 (Lawson and Hanson 1974, chapter 23).
    """
    z = (y[:, None] * x).double().numpy()  # (N, D); w parts the rows if z w > 0
    E = np.vstack([z.T, np.ones(len(z))])
    f = np.array([*np.zeros(z.shape[1]), 1.0])
    residual = E @ nnls(E, f)[0] - f
    w = -residual[:-1] / residual[-1] if residual[-1] else np.zeros(z.shape[1])
    length = np.linalg.norm(w)
    gamma = float((z @ w).min() / length) if length else 0.0
    return Bound(float(np.linalg.norm(z, axis=1).max()), max(gamma, 0.0))
