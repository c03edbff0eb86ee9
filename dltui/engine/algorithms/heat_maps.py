"""What a heat map should be, a small blob, and how far one is from it (Nibali et al. 2018, arXiv:1801.07372)."""

import torch
from torch import Tensor

EPS = 1e-12  # added before a logarithm: cells far from a blob hold nothing


def blob(points: Tensor, high: int, wide: int, sigma: float = 1.0) -> Tensor:
    """points (..., 2), x and y in parts of the map's width and height -> maps (..., high, wide) that add up to 1.

    Each is a normal distribution around the point, sigma cells in each direction.
    """
    x, y = (torch.arange(cells, device=points.device) + 0.5 for cells in (wide, high))
    away_x, away_y = x - wide * points[..., :1], y - high * points[..., 1:]  # (..., wide) and (..., high)
    log = -(away_y[..., :, None].square() + away_x[..., None, :].square()) / (2 * sigma**2)
    return log.flatten(-2).softmax(-1).view(log.shape)


def jensen_shannon(p: Tensor, q: Tensor) -> Tensor:
    """p, q (..., H, W), maps that add up to 1 -> (...): their divergence in nats, from 0 to log 2."""
    middle = (p + q) / 2

    def kullback_leibler(p: Tensor) -> Tensor:
        return (p * ((p + EPS).log() - (middle + EPS).log())).sum((-2, -1))

    return (kullback_leibler(p) + kullback_leibler(q)) / 2
