"""The focal loss (Lin et al. 2017, "Focal loss for dense object detection", arXiv:1708.02002)."""

import torch
from torch import Tensor

TASKS = ("segment",)


def build(*, alpha: float = 0.25, gamma: float = 2.0) -> "Focal":
    """Cross-entropy in which a pixel that is predicted well hardly counts: -a (1 - p)^gamma log p, p of its class.

    alpha: a of every class but the first, the ground, which has 1 - alpha; at least 0, at most 1.
    gamma: how fast a pixel counts less as p grows, at least 0; 0 is a weighted cross-entropy.
    """
    return Focal(alpha, gamma)


class Focal:
    """See contracts.loss.PixelLoss; pixels have no weights."""

    def __init__(self, alpha: float, gamma: float):
        self.alpha, self.gamma = alpha, gamma

    def __call__(self, logits: Tensor, targets: Tensor) -> Tensor:
        """logits (B, classes, H, W), targets (B, H, W) -> the mean over all pixels, a scalar."""
        log_p = logits.log_softmax(1).gather(1, targets[:, None])[:, 0]  # (B, H, W)
        a = torch.where(targets == 0, 1 - self.alpha, self.alpha)
        return -(a * (1 - log_p.exp()) ** self.gamma * log_p).mean()
