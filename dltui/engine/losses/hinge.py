"""The hinge loss for many classes (Weston and Watkins 1999): the right score is to exceed every other by a margin."""

from torch import Tensor

TASKS = ("classify",)
MARGIN = 1.0  # by how much the right score is to exceed each other


def build() -> "Hinge":
    """One score a class."""
    return Hinge()


class Hinge:
    """See contracts.loss.ClassLoss. It knows no probabilities: the scores' softmax stands in their place."""

    binary = multi_label = False

    def __call__(self, logits: Tensor, targets: Tensor) -> Tensor:
        """logits (B, classes), targets (B,) int64 -> scalar."""
        return hinge(logits, targets)

    def probabilities(self, logits: Tensor) -> Tensor:
        """logits (B, classes) -> (B, classes)."""
        return logits.softmax(1)


def hinge(f: Tensor, y: Tensor) -> Tensor:
    """mean over i of sum over j != y_i of max(0, f_j - f_yi + 1); scores f (B, classes), classes y (B,) -> scalar."""
    right = f.gather(1, y[:, None])  # (B, 1)
    excess = (f - right + MARGIN).clamp(min=0)  # (B, classes)
    return excess.scatter(1, y[:, None], 0.0).sum(1).mean()
