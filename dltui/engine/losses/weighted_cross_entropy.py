"""The cross-entropy of pixels, those between two regions weighing more (Ronneberger et al. 2015, arXiv:1505.04597)."""

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt, label
from torch import Tensor
from torch.nn.functional import cross_entropy

TASKS = ("segment",)


def build(*, w0: float = 10.0, sigma: float = 5.0) -> "WeightedCrossEntropy":
    """A pixel of class 1 weighs the more, the nearer the two nearest regions of class 0 are: thin borders count.

    w0: what such a pixel weighs more than another at most, at least 0; 0 makes all pixels equal.
    sigma: how fast this falls with the distance to the two nearest regions, in pixels, above 0.
    """
    return WeightedCrossEntropy(w0, sigma)


class WeightedCrossEntropy:
    """See contracts.loss.PixelLoss."""

    def __init__(self, w0: float, sigma: float):
        self.w0, self.sigma = w0, sigma

    def pixel_weights(self, targets: Tensor) -> Tensor:
        """targets (N, H, W) in {0, 1} -> weights (N, H, W) float32, on the same device."""
        if not self.w0:
            return torch.ones(targets.shape).to(targets.device)
        maps = [weight_map(borders, self.w0, self.sigma) for borders in targets.cpu().numpy()]
        return torch.from_numpy(np.stack(maps)).to(targets.device)

    def __call__(self, logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        """logits (B, 2, H, W), targets and weights (B, H, W) -> the weighted mean over all pixels, a scalar."""
        error = cross_entropy(logits, targets, reduction="none")  # (B, H, W)
        return (weights * error).sum() / weights.sum()


def weight_map(borders: np.ndarray, w0: float, sigma: float) -> np.ndarray:
    """borders (H, W) -> w = 1 + w0 exp(-(d1 + d2)^2 / (2 sigma^2)) on borders, 1 elsewhere (H, W) float32.

    d1 and d2 are the distances to the nearest and to the second nearest region, in pixels: both are small where a
    border is thin.
    """
    numbered, count = label(borders == 0)
    if count < 2:
        return np.ones(borders.shape, np.float32)
    distances = np.stack([distance_transform_edt(numbered != region) for region in range(1, count + 1)])
    d1, d2 = np.partition(distances, 1, axis=0)[:2]
    return np.where(borders > 0, 1 + w0 * np.exp(-((d1 + d2) ** 2) / (2 * sigma**2)), 1).astype(np.float32)
