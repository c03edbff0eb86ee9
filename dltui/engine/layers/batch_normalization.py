"""Batch normalisation (Ioffe and Szegedy 2015, arXiv:1502.03167): each unit's values, over the batch, get mean 0 and
variance 1, then a scale gamma and a shift beta that are learned."""

import torch
from torch import Tensor, nn

EPS = 1e-5  # added to the variance


def statistics(x: Tensor) -> tuple[Tensor, Tensor]:
    """x (B, ..., units) -> mean (..., units) and variance (..., units) of the batch."""
    mean = x.mean(0)
    return mean, (x - mean).square().mean(0)


def normalized(x: Tensor, mean: Tensor, variance: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    """x (B, units) -> y (B, units)."""
    x_hat = (x - mean) / torch.sqrt(variance + EPS)
    return gamma * x_hat + beta


def running(old: Tensor, of_batch: Tensor, a: float) -> Tensor:
    """The mean that is kept for later: a share a of the newest batch's, the rest of the old one."""
    return a * of_batch + (1 - a) * old


class BatchNormalization(nn.Module):
    """(B, units) -> (B, units): in training by the batch's own statistics, in evaluation by the running ones.

    With `own` it goes by the batch's own in evaluation too, and takes many batches at once, (B, batches, units).
    """

    def __init__(self, units: int, a: float = 0.1):
        super().__init__()
        self.a, self.own = a, False
        self.gamma, self.beta = nn.Parameter(torch.ones(units)), nn.Parameter(torch.zeros(units))
        self.register_buffer("mean", torch.zeros(units))
        self.register_buffer("variance", torch.ones(units))

    def forward(self, x: Tensor) -> Tensor:
        if not self.training and not self.own:
            return normalized(x, self.mean, self.variance, self.gamma, self.beta)
        mean, variance = statistics(x)
        if self.training:
            self._keep(mean.detach(), variance.detach(), len(x))
        return normalized(x, mean, variance, self.gamma, self.beta)

    def _keep(self, mean: Tensor, variance: Tensor, B: int) -> None:
        self.mean.copy_(running(self.mean, mean, self.a))
        # over all rows the variance is greater than within batches of B: B / (B - 1) makes up for it
        self.variance.copy_(running(self.variance, variance * (B / max(B - 1, 1)), self.a))
