"""How right predicted joints are: PCK (Yang and Ramanan 2013), and whether left and right were taken for each other."""

from collections.abc import Sequence

import torch
from torch import Tensor

APART = 0.5  # of the scale: joints that lie nearer to their other side are not asked for their side


def pck(errors: Tensor, threshold: float = 0.2) -> float:
    """errors (N, K) as shares of the torso -> the share of correct keypoints, those within `threshold`."""
    return (errors <= threshold).float().mean().item()


def other_side(names: Sequence[str]) -> list[int]:
    """-> the number of each name's twin, left for right; its own where it has none."""
    turned = {"left": "right", "right": "left"}
    twins = [" ".join(turned.get(word, word) for word in name.split()) for name in names]
    return [names.index(twin) if twin in names else number for number, twin in enumerate(twins)]


def swapped(predicted: Tensor, points: Tensor, scales: Tensor, names: Sequence[str]) -> float:
    """predicted, points (N, K, 2), scales (N,) -> the share of the joints of one side that were predicted nearer to
    their twin than to themselves; only those count that lie apart."""
    twins = torch.tensor(other_side(names), device=points.device)
    other = points[:, twins]
    apart = (points - other).norm(dim=2) >= APART * scales[:, None]
    wrong = (predicted - other).norm(dim=2) < (predicted - points).norm(dim=2)
    return ((wrong & apart).sum() / apart.sum().clamp(min=1)).item()
