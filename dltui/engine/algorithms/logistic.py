"""Logistic regression of two classes by gradient descent (Cox 1958), for several scalings of the same rows at once.

X (K, N, D): rows with a 1 in the last place, theta (K, D): weights and bias, y (N,): 0 or 1.
"""

import torch
from torch import Tensor
from torch.nn.functional import softplus


def loss(theta: Tensor, X: Tensor, y: Tensor) -> Tensor:
    """theta (..., K, D) -> mean cross-entropy (..., K) of p = sigmoid(x theta)."""
    z = (X * theta[..., None, :]).sum(-1)  # (..., K, N)
    return softplus((1 - 2 * y) * z).mean(-1)


def gradient(theta: Tensor, X: Tensor, y: Tensor) -> Tensor:
    """(K, D): the mean over the rows of (p - y) x."""
    p = torch.sigmoid((X @ theta[..., None])[..., 0])  # (K, N)
    return ((p - y)[:, None] @ X)[:, 0] / X.shape[1]


def safe_rate(X: Tensor) -> Tensor:
    """(K,): 1 / L, where no curvature is greater than L: p (1 - p) is 1/4 at most, X^T X / N has eigenvalues."""
    return 4 / torch.linalg.eigvalsh(X.mT @ X / X.shape[1])[:, -1]


def newton(X: Tensor, y: Tensor, rounds: int = 30) -> Tensor:
    """Returns theta (K, D) where the loss is least, by Newton's method from 0; for columns on one scale."""
    theta = X.new_zeros(X.shape[0], X.shape[2])
    for _ in range(rounds):
        p = torch.sigmoid((X @ theta[..., None])[..., 0])
        H = (X * (p * (1 - p))[..., None]).mT @ X / X.shape[1]  # (K, D, D)
        theta = theta - torch.linalg.solve(H, gradient(theta, X, y))
    return theta
