"""The hinge loss for many classes (Weston and Watkins 1999): the right score is to lead every other by a margin."""

from torch import Tensor
from torch.nn.functional import pdist

ASKED = 1.0  # by how much the right score is to lead


def hinge(f: Tensor, y: Tensor) -> Tensor:
    """mean over i of sum over j != y_i of max(0, f_j - f_yi + 1); scores f (B, classes), classes y (B,) -> scalar."""
    right = f.gather(1, y[:, None])  # (B, 1)
    excess = (f - right + ASKED).clamp(min=0)  # (B, classes)
    return excess.scatter(1, y[:, None], 0.0).sum(1).mean()


def leads(f: Tensor, y: Tensor) -> Tensor:
    """f_yi - max over j != y_i of f_j (B,): below 0 the row is taken for another class, below ASKED it costs."""
    others = f.scatter(1, y[:, None], float("-inf"))
    return f.gather(1, y[:, None])[:, 0] - others.amax(1)


def strip(weights: Tensor) -> float:
    """How far from the border of two classes their scores are ASKED apart, in the units of the input; weights
    (classes, inputs), and the mean over all pairs. Smaller weights make the strip wider."""
    return (ASKED / pdist(weights)).mean().item()
