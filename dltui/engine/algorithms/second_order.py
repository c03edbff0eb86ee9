"""Descent by curvature: Newton-Raphson, BFGS, L-BFGS, the natural gradient (Nocedal and Wright 2006, chapters 3, 6, 7).

w: weights (D,), g: gradient, H: the matrix of second derivatives, C: what stands for its inverse, mu: length of a step.
Each method yields w after w, its start first.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

import torch
from torch import Tensor

MEMORY = 10  # pairs (s, y) that L-BFGS remembers
DAMPING = 1e-3  # added to Fisher's diagonal: few rows, or rows that agree, leave it without an inverse
ARMIJO = 1e-4  # share of what the slope promises that a step must bring
SHORTEST = 1e-10  # step that is tried


class Problem(Protocol):
    """What is made least."""

    def loss(self, w: Tensor) -> Tensor: ...

    def gradient(self, w: Tensor) -> Tensor:
        """(D,): the mean of `gradients`."""

    def gradients(self, w: Tensor) -> Tensor:
        """(N, D): of each row's loss."""

    def hessian(self, w: Tensor) -> Tensor:
        """(D, D)."""


def descent(f: Problem, w: Tensor, mu: float) -> Iterator[Tensor]:
    """Gradient descent, to compare with: w' = w - mu g."""
    while True:
        yield w
        w = w - mu * f.gradient(w)


def newton(f: Problem, w: Tensor, mu: float = 1.0) -> Iterator[Tensor]:
    """Newton-Raphson: w' = w - mu H^-1 g, the lowest place of the parabola that fits at w."""
    while True:
        yield w
        w = w - mu * torch.linalg.solve(f.hessian(w), f.gradient(w))


def bfgs(f: Problem, w: Tensor) -> Iterator[Tensor]:
    """Broyden, Fletcher, Goldfarb, Shanno 1970: H^-1 is learned from how the gradient changes, step by step."""
    C, g, first = torch.eye(len(w), dtype=w.dtype), f.gradient(w), True
    while True:
        yield w
        s = step_along(f, w, -(C @ g), g)
        y = f.gradient(w + s) - g
        if y @ s > 0:
            C = C * (s @ y) / (y @ y) if first else C  # its size is guessed from the first step
            C, first = bfgs_update(C, s, y), False
        w, g = w + s, g + y


def bfgs_update(C: Tensor, s: Tensor, y: Tensor) -> Tensor:
    """C' = (I - r s y^T) C (I - r y s^T) + r s s^T with r = 1 / (y^T s): the nearest C with C' y = s."""
    r, I = 1 / (y @ s), torch.eye(len(s), dtype=s.dtype)  # noqa: E741 - the paper's name
    return (I - r * torch.outer(s, y)) @ C @ (I - r * torch.outer(y, s)) + r * torch.outer(s, s)


def lbfgs(f: Problem, w: Tensor, memory: int = MEMORY) -> Iterator[Tensor]:
    """Nocedal 1980: the same from the last pairs (s, y) alone; no matrix is kept."""
    pairs: list[tuple[Tensor, Tensor]] = []
    g = f.gradient(w)
    while True:
        yield w
        s = step_along(f, w, -two_loops(g, pairs), g)
        y = f.gradient(w + s) - g
        if y @ s > 0:
            pairs = [*pairs, (s, y)][-memory:]
        w, g = w + s, g + y


def two_loops(g: Tensor, pairs: list[tuple[Tensor, Tensor]]) -> Tensor:
    """Returns C g, where C is BFGS's of these pairs, begun at I scaled by the newest: O(pairs D) numbers."""
    q, weights = g, []
    for s, y in reversed(pairs):
        weights.append((s @ q) / (y @ s))
        q = q - weights[-1] * y
    if pairs:
        s, y = pairs[-1]
        q = q * (s @ y) / (y @ y)
    for (s, y), weight in zip(pairs, reversed(weights), strict=True):
        q = q + s * (weight - (y @ q) / (y @ s))
    return q


def natural(f: Problem, w: Tensor, blocks: list[Tensor] | None = None) -> Iterator[Tensor]:
    """Amari 1998: w' = w - mu F^-1 g, whole, or each block of weights by itself."""
    blocks = blocks or [torch.arange(len(w))]
    while True:
        yield w
        F, g, p = fisher(f.gradients(w)), f.gradient(w), torch.zeros_like(w)
        for block in blocks:
            of_block = F[block][:, block] + DAMPING * torch.eye(len(block), dtype=w.dtype)
            p[block] = -torch.linalg.solve(of_block, g[block])
        w = w + step_along(f, w, p, g)


def fisher(gradients: Tensor) -> Tensor:
    """gradients (N, D) of the rows' losses -> their covariance (D, D) about nought, where their mean ends."""
    return gradients.T @ gradients / len(gradients)


def step_along(f: Problem, w: Tensor, p: Tensor, g: Tensor) -> Tensor:
    """Returns mu p with mu = 1, 1/2, 1/4 ..., the first that brings what the slope promises (Armijo 1966).

    Nought where none does: w is as low as these numbers can tell.
    """
    mu, here = 1.0, f.loss(w)
    while mu > SHORTEST:
        if f.loss(w + mu * p) <= here + ARMIJO * mu * (g @ p):
            return mu * p
        mu /= 2
    return torch.zeros_like(p)


def bounded(f: Problem, w: Tensor, low: Tensor) -> Iterator[Tensor]:
    """L-BFGS-B (Byrd, Lu, Nocedal, Zhu 1995), scipy's: no weight may fall below `low` (D,)."""
    from scipy.optimize import minimize  # 0.4 s

    way = [torch.maximum(w, low)]
    minimize(
        _scipys(f), way[0].numpy(), jac=True, method="L-BFGS-B", bounds=[(least, None) for least in low.tolist()],
        callback=lambda w: way.append(torch.from_numpy(w.copy())), options={"ftol": 0.0, "gtol": 1e-10},
    )  # fmt: skip
    yield from way
    while True:
        yield way[-1]


def _scipys(f: Problem) -> Callable:
    def loss_and_gradient(w):
        w = torch.from_numpy(w)
        return f.loss(w).item(), f.gradient(w).numpy()

    return loss_and_gradient
