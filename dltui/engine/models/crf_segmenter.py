"""A classifier's body whose coarse scores are enlarged, and a dense CRF that sharpens them (Krähenbühl and Koltun 2011,
"Efficient inference in fully connected CRFs with Gaussian edge potentials", arXiv:1210.5644)."""

from itertools import pairwise
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, max_pool2d

from dltui.engine.layers.convolved import convolved


def build(
    *,
    channels: int = 3,
    classes: int = 2,
    width: int = 8,
    halvings: int = 3,
    enlarge: Literal["nearest", "bilinear"] = "bilinear",
    rounds: int = 0,
    appearance: float = 6.0,
    smoothness: float = 2.0,
) -> nn.Module:
    """Convolutions and pooling as of a classifier, without its dense layers; the CRF is not trained, and only a trained
    net has it.

    channels: channels of a picture, at least 1.
    classes: number of classes, at least 2.
    width: channels of the first maps, at least 1; deeper ones have up to four times as many.
    halvings: poolings before the scores, at least 1, at most 5.
    enlarge: how scores come back to the picture's size: each is repeated, or in straight lines from one to the next.
    rounds: of mean-field updates of the CRF, at least 0; 0: none.
    appearance: weight of pixels that are near and of like colour, at least 0.
    smoothness: weight of neighbours of any colour, at least 0.
    """
    return Segmenter(channels, classes, width, halvings, enlarge, rounds, (appearance, smoothness))


NEAR, ALIKE, BESIDE = 8.0, 0.12, 1.0  # deviations: pixels and colour, 0..1, of appearance; pixels of smoothness


class Segmenter(nn.Module):
    """(B, channels, H, W) -> logits (B, classes, H, W); H and W are at least 2^halvings."""

    def __init__(
        self,
        channels: int,
        classes: int,
        width: int,
        halvings: int,
        enlarge: str,
        rounds: int,
        weights: tuple[float, float],
    ):
        super().__init__()
        self.enlarge, self.rounds, self.weights = enlarge, rounds, weights
        widths = [channels, *(width << min(level, 2) for level in range(halvings + 1))]
        self.body = nn.ModuleList(nn.Sequential(*convolved(*pair)) for pair in pairwise(widths))
        self.score = nn.Conv2d(widths[-1], classes, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        maps = self.body[0](pictures)
        for layer in self.body[1:]:
            maps = layer(max_pool2d(maps, 2))
        logits = interpolate(self.score(maps), size=pictures.shape[2:], mode=self.enlarge)
        if self.training or not self.rounds:
            return logits
        if torch.compiler.is_exporting():  # a graph takes any number of pictures
            return self.refined(logits, pictures)
        pairs = zip(logits.split(1), pictures.split(1), strict=True)  # the pairs of all pixels of many would not fit
        return torch.cat([self.refined(*one) for one in pairs])

    def refined(self, logits: Tensor, pictures: Tensor) -> Tensor:
        """Logits (B, classes, H, W), pictures (B, C, H, W) -> logits after the rounds of the CRF."""
        return mean_field(logits, kernel(pictures, *self.weights), self.rounds)


def mean_field(logits: Tensor, pairs: Tensor, rounds: int) -> Tensor:
    """Logits (B, classes, H, W), kernel (B, P, P) of the P pixels -> logits after so many rounds, all pixels at a time.

    Equal classes cost nothing, others the kernel: log Q_i(l) = logit_i(l) + sum over j of k(i, j) Q_j(l).
    """
    unary = logits.flatten(2)  # (B, classes, P)
    refined = unary
    for _ in range(rounds):
        refined = unary + refined.softmax(1) @ pairs
    return refined.view_as(logits)


def kernel(pictures: Tensor, appearance: float, smoothness: float) -> Tensor:
    """Pictures (B, C, H, W) in 0..1 -> how much each pixel counts for each other (B, P, P), symmetric, 0 for itself.

    Two normal distributions, of place and colour and of place alone, each k(i, j) / sqrt(sum_i k sum_j k).
    """
    height, width = pictures.shape[2:]
    y, x = (torch.arange(side, device=pictures.device, dtype=pictures.dtype) for side in (height, width))
    place = torch.stack([y[:, None].expand(-1, width), x.expand(height, -1)]).flatten(1).T[None]  # (1, P, 2)
    colour = pictures.flatten(2).mT  # (B, P, C)
    both = torch.cat([place.expand(pictures.shape[0], -1, -1) / NEAR, colour / ALIKE], 2)
    return appearance * _normalised(both) + smoothness * _normalised(place / BESIDE)


def _normalised(features: Tensor) -> Tensor:
    """Features (B, P, F) in deviations -> (B, P, P)."""
    squares = features.square().sum(2)  # (B, P)
    away = squares[:, :, None] + squares[:, None] - 2 * features @ features.mT
    near = (-away / 2).exp() * (1 - torch.eye(away.shape[1], device=away.device, dtype=away.dtype))
    share = near.sum(2).clamp(min=1e-12).rsqrt()
    return share[:, :, None] * near * share[:, None]
