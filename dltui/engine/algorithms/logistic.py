"""Logistic regression in closed form: its loss, the gradient of each row, the second derivatives (Cox 1958)."""

import torch
from torch import Tensor
from torch.nn.functional import softplus


class Logistic:
    """Rows x (N, D) with labels t (N,) of 0 and 1: the mean of -log p(t) and ridge |w|^2 / 2."""

    def __init__(self, x: Tensor, t: Tensor, ridge: float = 0.0):
        self.x, self.t, self.ridge = x, t.to(x.dtype), ridge

    def loss(self, w: Tensor) -> Tensor:
        """w (..., D) -> (...)."""
        a = w @ self.x.T  # (..., N)
        return (softplus(a) - self.t * a).mean(-1) + self.ridge / 2 * w.square().sum(-1)

    def gradients(self, w: Tensor) -> Tensor:
        """(N, D): (p - t) x of each row, and its share of the ridge."""
        return (torch.sigmoid(self.x @ w) - self.t)[:, None] * self.x + self.ridge * w

    def gradient(self, w: Tensor) -> Tensor:
        """(D,)."""
        return self.gradients(w).mean(0)

    def hessian(self, w: Tensor) -> Tensor:
        """(D, D): the mean of p (1 - p) x x^T, and the ridge."""
        p = torch.sigmoid(self.x @ w)
        return (self.x.T * (p * (1 - p))) @ self.x / len(self.x) + self.ridge * torch.eye(len(w), dtype=w.dtype)

    @property
    def steepest(self) -> float:
        """No curvature is greater anywhere, since p (1 - p) is 1/4 at most: 1 / it is a learning rate that is safe."""
        return torch.linalg.eigvalsh(self.x.T @ self.x / 4 / len(self.x))[-1].item() + self.ridge

    def minimum(self, rounds: int = 30) -> Tensor:
        """Returns w (D,) where the loss is least, by Newton's method from 0; for columns of about one scale."""
        w = self.x.new_zeros(self.x.shape[1])
        for _ in range(rounds):
            w = w - torch.linalg.solve(self.hessian(w), self.gradient(w))
        return w
