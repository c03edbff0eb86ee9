"""Key points of pictures: an hourglass of convolutions (Newell et al. 2016, arXiv:1603.06937), read out in two ways.

From heat maps by their mean place (Sun et al. 2018, arXiv:1711.08229), which the loss asks to be small blobs (Nibali et
al. 2018, arXiv:1801.07372); or by one dense layer. Points are x and y in shares of the picture's side.
"""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from dltui.engine.layers.convolved import convolved

EPS = 1e-12  # added before a logarithm: cells far from a blob hold nothing


def build(
    *,
    channels: int = 3,
    size: int = 48,
    points: int = 4,
    width: int = 8,
    head: Literal["heatmaps", "dense"] = "heatmaps",
    blob_weight: float = 1.0,
) -> nn.Module:
    """Three halvings and two doublings, then a place for each point.

    channels: channels of a picture, at least 1.
    size: height and width of a picture in pixels, a multiple of 8.
    points: points to be found, at least 1.
    width: channels of the first maps, doubled at each halving, at least 1.
    head: heatmaps, a map for each point and the mean place under it; dense, one linear layer from all values.
    blob_weight: weight in the loss of the heat maps' divergence from small blobs on the true points, at least 0; 0
        leaves it out.
    """
    return PointNet(channels, size, points, width, head, blob_weight)


class PointNet(nn.Module):
    """(B, channels, size, size) -> points (B, points, 2). See contracts.models.KeypointDetector."""

    def __init__(self, channels: int, size: int, points: int, width: int, head: str, blob_weight: float):
        super().__init__()
        self.points, self.has_maps, self.blob_weight = points, head == "heatmaps", blob_weight
        self.to_half = nn.Sequential(*convolved(channels, width, 2))
        self.to_quarter = nn.Sequential(*convolved(width, 2 * width, 2))
        self.to_eighth = nn.Sequential(*convolved(2 * width, 4 * width, 2), *convolved(4 * width, 4 * width))
        self.join_quarter = nn.Sequential(*convolved(6 * width, 2 * width))
        self.join_half = nn.Sequential(*convolved(3 * width, 2 * width))
        if self.has_maps:
            self.head: nn.Module = nn.Conv2d(2 * width, points, 1)
        else:
            self.head = nn.Linear(2 * width * (size // 2) ** 2, 2 * points)

    def features(self, pictures: Tensor) -> Tensor:
        """(B, channels, size, size) -> (B, 2 width, size / 2, size / 2)."""
        half = self.to_half(pictures)  # (B, width, size / 2, size / 2)
        quarter = self.to_quarter(half)
        maps = self.join_quarter(torch.cat([quarter, doubled(self.to_eighth(quarter))], 1))
        return self.join_half(torch.cat([half, doubled(maps)], 1))

    def detect(self, pictures: Tensor) -> tuple[Tensor, Tensor | None]:
        """What `forward` gives, and the heat maps (B, points, size / 2, size / 2) where the net has any."""
        maps = self.features(pictures)
        if self.has_maps:
            return soft_argmax(self.head(maps))
        return self.head(maps.flatten(1)).view(-1, self.points, 2) + 0.5, None

    def forward(self, pictures: Tensor) -> Tensor:
        return self.detect(pictures)[0]

    def loss(self, pictures: Tensor, points: Tensor, scales: Tensor) -> Tensor:
        """Pictures, their points (B, points, 2) and scales (B,) -> distances over the scales, and what heat maps differ
        from blobs; a scalar, the mean."""
        predicted, heat = self.detect(pictures)
        error = normalised_errors(predicted, points, scales).mean()
        if heat is None or not self.blob_weight:
            return error
        return error + self.blob_weight * jensen_shannon(heat, blob(points, *heat.shape[2:])).mean()


def doubled(maps: Tensor) -> Tensor:
    return interpolate(maps, scale_factor=2.0)


def normalised_errors(predicted: Tensor, points: Tensor, scales: Tensor) -> Tensor:
    """predicted, points (N, K, 2), scales (N,) -> distances as shares of the scales (N, K)."""
    return (predicted - points).norm(dim=2) / scales[:, None]


def soft_argmax(logits: Tensor) -> tuple[Tensor, Tensor]:
    """logits (..., H, W) -> points (..., 2), x and y in shares of the map's sides, and heat maps (..., H, W).

    H = softmax of all cells of a map, which adds up to 1; J = sum_p p H(p), the mean place p of a cell's middle under
    it. The arg max, the cell that is hottest, would move in jumps and have no gradient.
    """
    heat = logits.flatten(-2).softmax(-1).view(logits.shape)
    high, wide = logits.shape[-2:]
    y, x = (((torch.arange(cells, device=heat.device) + 0.5) / cells).to(heat.dtype) for cells in (high, wide))
    return torch.stack([heat.sum(-2) @ x, heat.sum(-1) @ y], -1), heat


def blob(points: Tensor, high: int, wide: int, sigma: float = 1.0) -> Tensor:
    """points (..., 2), x and y in shares of the map's width and height -> maps (..., high, wide) that add up to 1.

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
