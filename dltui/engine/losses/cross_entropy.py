"""Cross-entropy: minus the logarithm of the probability that the right class gets."""

from torch import Tensor
from torch.nn import functional as F

TASKS = ("classify",)


def build() -> "CrossEntropy":
    """One logit a class; softmax makes probabilities of them."""
    return CrossEntropy()


class CrossEntropy:
    """See contracts.loss.ClassLoss."""

    binary = False

    def __call__(self, logits: Tensor, targets: Tensor) -> Tensor:
        """logits (B, classes), targets (B,) int64 -> scalar."""
        return F.cross_entropy(logits, targets)

    def probabilities(self, logits: Tensor) -> Tensor:
        """logits (B, classes) -> (B, classes)."""
        return logits.softmax(1)
