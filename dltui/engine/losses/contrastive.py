"""Which of all views is the other one of the same picture? NT-Xent of SimCLR (Chen et al. 2020, arXiv:2002.05709)."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, normalize

from dltui.engine.augmentations import pictures as augmentations

TASKS = ("pretext",)
EMBEDDING = 64  # numbers of a projection; views are compared by these, not by the embedding before the head


def build(*, changes: list[str] = ("crop", "rotate"), strength: float = 1.0, temperature: float = 0.2) -> "Contrastive":
    """Two views of each picture, each changed by draws of its own; a view is to be nearest to the other of its picture.

    changes: made to each view, in their order, of flip, crop, rotate, blur, contrast, saturation, gamma, cutout; [] for
        two views that are the picture itself.
    strength: how far these changes go, above 0.
    temperature: cosines are divided by it, above 0; the smaller, the more the nearest of the others count.
    """
    return Contrastive(augmentations.build(changes=changes, strength=strength), temperature)


class Contrastive:
    """See contracts.loss.PretextLoss."""

    together = True

    def __init__(self, augment: augmentations.Augmentation, temperature: float):
        self.augment, self.temperature = augment, temperature

    def pose(self, pictures: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        """(B, C, H, W) -> both views of each, side by side (2 B, C, H, W), and where the other view stands (2 B,)."""
        views = self.augment(pictures.repeat_interleave(2, 0))
        return views, torch.arange(len(views), device=views.device) ^ 1

    def __call__(self, outputs: Tensor, answers: Tensor) -> Tensor:
        """outputs (M, d), answers (M,) -> scalar: the cross-entropy of finding the other view among all but itself."""
        return cross_entropy(cosines(outputs) / self.temperature, answers)

    def scores(self, outputs: Tensor, answers: Tensor) -> Tensor:
        """-> 1 where the nearest view is the other one of the same picture (M,)."""
        return (cosines(outputs).argmax(1) == answers).float()

    def shown(self, questions: Tensor, outputs: Tensor, answers: Tensor) -> dict[str, Tensor]:
        """-> of each picture one view, the other, and the view that the net finds nearest to the first."""
        nearest = cosines(outputs).argmax(1)
        return {"view": questions[::2], "other view": questions[1::2], "nearest": questions[nearest[::2]]}


def cosines(outputs: Tensor) -> Tensor:
    """outputs (M, d) -> the cosine of every two (M, M), that of each with itself set to the least float."""
    z = normalize(outputs.float())
    itself = torch.eye(len(z), dtype=torch.bool, device=z.device)
    return (z @ z.T).masked_fill(itself, torch.finfo(z.dtype).min)


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """The head projects the embedding to these."""
    return {"outputs": EMBEDDING}
