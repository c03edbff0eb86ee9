"""Binary cross-entropy, the logistic loss: each logit answers yes or no, and its sigmoid is the probability of yes."""

import torch
from torch import Tensor
from torch.nn import functional as F

TASKS = ("classify",)
LIVE = ("positive_weight",)


def build(*, positive_weight: float = 1.0) -> "BinaryCrossEntropy":
    """One logit for two classes; where a row may have several classes, a logit for each.

    positive_weight: how often a row that belongs to the class of a logit, the second of two, is counted, above 0; one
        that does not counts once.
    """
    return BinaryCrossEntropy(positive_weight)


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """One logit, or one a class."""
    return {"outputs": facts["classes"] if facts.get("multi_label") else 1}


class BinaryCrossEntropy:
    """See contracts.loss.ClassLoss."""

    binary = multi_label = True

    def __init__(self, positive_weight: float = 1.0):
        self.positive_weight = positive_weight

    def __call__(self, logits: Tensor, targets: Tensor) -> Tensor:
        """logits (B, 1), targets (B,) in {0, 1}; or logits (B, classes), targets (B, classes) of 0 and 1 -> scalar."""
        if targets.dim() == 1:
            targets = targets[:, None] if logits.shape[1] == 1 else F.one_hot(targets, logits.shape[1])
        w = None if self.positive_weight == 1 else torch.tensor(self.positive_weight, device=logits.device)
        return F.binary_cross_entropy_with_logits(logits, targets.to(logits.dtype), pos_weight=w)

    def probabilities(self, logits: Tensor) -> Tensor:
        """logits (B, 1) -> (B, 2); logits (B, classes) -> (B, classes), each a probability of its own."""
        p = torch.sigmoid(logits)
        return torch.cat([1 - p, p], 1) if logits.shape[1] == 1 else p
