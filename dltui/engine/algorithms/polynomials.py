"""Polynomials fitted to points: Chebyshev's basis, and least squares with a penalty (Hoerl and Kennard 1970)."""

import torch
from torch import Tensor


def chebyshev(x: Tensor, degree: int) -> Tensor:
    """Returns T_0(x) .. T_degree(x), (N, degree + 1), of x (N,) in -1..1.

    They span what 1, x, x^2 ... span, and stay distinct in floating point where high powers all look alike.
    """
    T = [torch.ones_like(x), x]
    while len(T) <= degree:
        T.append(2 * x * T[-1] - T[-2])
    return torch.stack(T[: degree + 1], 1)


def fitted(x: Tensor, y: Tensor, degree: int, ridge: float = 0.0) -> Tensor:
    """Returns c (degree + 1,) that makes |A c - y|^2 + ridge |c|^2 least, with A the basis at x (N,)."""
    A = chebyshev(x, degree)
    if ridge:  # the penalty as further rows: sqrt(ridge) c should be 0
        A = torch.cat([A, ridge**0.5 * torch.eye(degree + 1, dtype=A.dtype)])
        y = torch.cat([y, y.new_zeros(degree + 1)])
    return torch.linalg.lstsq(A, y[:, None], driver="gelsd").solution[:, 0]


def value(c: Tensor, x: Tensor) -> Tensor:
    """Returns the polynomial with coefficients c at x (N,)."""
    return chebyshev(x, len(c) - 1) @ c
