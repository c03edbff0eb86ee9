"""The non-saturating losses with soft or wrong labels (Salimans et al. 2016, arXiv:1606.03498, section 3.4)."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid

TASKS = ("gan",)
LIVE = ("real", "flipped")


def build(*, real: float = 0.9, flipped: float = 0.0) -> "Smoothed":
    """The discriminator is told that a real row is real with probability `real`, and now and then the opposite.

    real: target of real rows, above 0, at most 1; those of generated rows have 0.
    flipped: share of all rows, real and generated, whose target is the other's, drawn anew at each step, at least 0,
        at most 1.
    """
    return Smoothed(real, flipped)


class Smoothed:
    """See contracts.loss.AdversarialLoss."""

    def __init__(self, real: float, flipped: float):
        self.real, self.flipped = real, flipped

    def discriminator(self, real: Tensor, fake: Tensor) -> Tensor:
        """logits (B, 1) of D(x) and D(G(z)) -> scalar: cross-entropies from the targets, the mean over the rows."""
        return self._against(real, self.real, 0.0) + self._against(fake, 0.0, self.real)

    def _against(self, logits: Tensor, target: float, other: float) -> Tensor:
        wrong = torch.rand_like(logits) < self.flipped
        targets = torch.where(wrong, torch.full_like(logits, other), torch.full_like(logits, target))
        return binary_cross_entropy_with_logits(logits, targets)

    def generator(self, fake: Tensor) -> Tensor:
        """logits (B, 1) of D(G(z)) -> scalar: -log D(G(z)), as without smoothing."""
        return -logsigmoid(fake).mean()
