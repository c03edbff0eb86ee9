"""A price on the code of an autoencoder: few of its units are to be on at a time.

Ng 2011, CS294A lecture notes, "Sparse autoencoder".
"""

from typing import Literal

import torch
from torch import Tensor, nn

TASKS = ("autoencode",)
LIVE = ("weight",)


def build(*, weight: float = 0.1, kind_of: Literal["kl", "l1"] = "kl", rate: float = 0.05) -> "SparseCode":
    """The loss grows with how much of the code is on.

    weight: of the penalty, at least 0; 0 leaves the autoencoder as it is.
    kind_of: l1, the mean magnitude of a code's numbers; kl, the divergence of each unit's mean over the batch from
        `rate`, for units in 0..1, so that none is to be off for all pictures either.
    rate: how much of the time a unit is to be on, above 0, below 1.
    """
    return SparseCode(weight, kind_of, rate)


class SparseCode:
    """See contracts.loss.CodeRegularizer."""

    def __init__(self, weight: float, kind_of: str, rate: float):
        self.weight, self.kind_of, self.rate = weight, kind_of, rate

    def __call__(self, net: nn.Module, inputs: Tensor) -> Tensor | float:
        """inputs (B, ...) -> scalar: the mean over the units."""
        if not self.weight:
            return 0.0
        codes = net.embed(inputs)  # (B, latent)
        if self.kind_of == "l1":
            return self.weight * codes.abs().mean()
        return self.weight * kl_of_rates(codes.mean(0), self.rate).mean()


def kl_of_rates(mean: Tensor, rate: float) -> Tensor:
    """mean (latent,) of units in 0..1 -> KL(Bernoulli(rate) || Bernoulli(mean)) in nats, (latent,)."""
    mean, rho = mean.clamp(1e-6, 1 - 1e-6), torch.tensor(rate, device=mean.device)
    return rho * (rho / mean).log() + (1 - rho) * ((1 - rho) / (1 - mean)).log()
