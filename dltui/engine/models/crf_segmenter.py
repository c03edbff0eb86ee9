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
        pairs = zip(logits.split(1), pictures.split(1), strict=True)  # the pairs of all pixels of many would not fit
        return torch.cat([mean_field(one, kernel(picture, *self.weights), self.rounds) for one, picture in pairs])


def mean_field(logits: Tensor, pairs: Tensor, rounds: int) -> Tensor:
    """Logits (1, classes, H, W), kernel (P, P) of its P pixels -> logits after so many rounds, all pixels at a time.

    Equal classes cost nothing, others the kernel: log Q_i(l) = logit_i(l) + sum over j of k(i, j) Q_j(l).
    """
    unary = logits[0].flatten(1)  # (classes, P)
    refined = unary
    for _ in range(rounds):
        refined = unary + refined.softmax(0) @ pairs
    return refined.view_as(logits)


def kernel(picture: Tensor, appearance: float, smoothness: float) -> Tensor:
    """Picture (1, C, H, W) in 0..1 -> how much each pixel counts for each other (P, P), symmetric, 0 for itself.

    Two normal distributions, of place and colour and of place alone, each k(i, j) / sqrt(sum_i k sum_j k).
    """
    height, width = picture.shape[2:]
    y, x = (torch.arange(side, device=picture.device, dtype=picture.dtype) for side in (height, width))
    place = torch.stack([y[:, None].expand(-1, width), x.expand(height, -1)]).flatten(1).T  # (P, 2)
    colour = picture[0].flatten(1).T  # (P, C)
    both = torch.cat([place / NEAR, colour / ALIKE], 1)
    return appearance * _normalised(both) + smoothness * _normalised(place / BESIDE)


def _normalised(features: Tensor) -> Tensor:
    """Features (P, F) in deviations -> (P, P)."""
    squares = features.square().sum(1)
    away = squares[:, None] + squares - 2 * features @ features.T
    near = (-away / 2).exp().fill_diagonal_(0)
    share = near.sum(1).clamp(min=1e-12).rsqrt()
    return share[:, None] * near * share
