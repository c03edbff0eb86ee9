"""Cross-entropy: minus the logarithm of the probability that the right class gets."""

import torch
from torch import Tensor
from torch.nn import functional as F

TASKS = ("classify",)


def build() -> "CrossEntropy":
    """One logit a class; softmax makes probabilities of them, which share 1."""
    return CrossEntropy()


class CrossEntropy:
    """See contracts.loss.ClassLoss."""

    binary, multi_label = False, True

    def __call__(self, logits: Tensor, targets: Tensor) -> Tensor:
        """logits (B, classes), targets (B,) int64, or (B, classes) of 0 and 1 -> scalar."""
        return F.cross_entropy(logits, targets if targets.dim() == 1 else shared(targets.to(logits.dtype)))

    def probabilities(self, logits: Tensor) -> Tensor:
        """logits (B, classes) -> (B, classes)."""
        return logits.softmax(1)


def shared(y: Tensor) -> Tensor:
    """y (B, classes) of 0 and 1 -> as probabilities: 1 is shared by the classes there, by all where there is none."""
    y = torch.where(y.sum(1, keepdim=True) > 0, y, torch.ones_like(y))
    return y / y.sum(1, keepdim=True)
