"""The logistic loss of two classes: cross-entropy with one logit, whose sigmoid is the second class's probability."""

import torch
from torch import Tensor
from torch.nn import functional as F

TASKS = ("classify",)


def build() -> "Logistic":
    """One logit for two classes."""
    return Logistic()


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """One logit."""
    return {"outputs": 1}


class Logistic:
    """See contracts.loss.ClassLoss."""

    binary = True

    def __call__(self, logits: Tensor, targets: Tensor) -> Tensor:
        """logits (B, 1), targets (B,) in {0, 1} -> scalar."""
        return F.binary_cross_entropy_with_logits(logits[:, 0], targets.to(logits.dtype))

    def probabilities(self, logits: Tensor) -> Tensor:
        """logits (B, 1) -> (B, 2)."""
        positive = torch.sigmoid(logits[:, 0])
        return torch.stack([1 - positive, positive], 1)
