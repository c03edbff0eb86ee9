"""Prototypical networks: near the mean of one's own class (Snell, Swersky, Zemel 2017, arXiv:1703.05175)."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import normalize

TASKS = ("metric_learning",)
SHARPNESS = 10.0  # of a cosine, which is at most 1: as it is, it leaves softmax undecided


def build(*, distance: Literal["euclidean", "cosine"] = "euclidean") -> "Prototypical":
    """Cross-entropy over the prototypes of the classes of a batch: a prototype is the mean embedding of a class.

    distance: how near an embedding is to a prototype: minus the squared Euclidean distance, or the cosine, by 10.
    """
    return Prototypical(distance)


class Prototypical:
    """(queries (B, d), supports (B, d), classes (B,)) -> scalar. Embeddings are taken as long as they are."""

    unit_length = False

    def __init__(self, distance: str):
        self.closeness = {"euclidean": euclidean, "cosine": cosine}[distance]

    def __call__(self, queries: Tensor, supports: Tensor, classes: Tensor) -> Tensor:
        """-log p(own class), the mean over the queries; the supports of a class make its prototype."""
        same = (classes[:, None] == classes).to(supports.dtype)  # (B, B)
        count = same.sum(1)  # supports of each row's class
        prototypes = same @ supports / count[:, None]  # (B, d), a class's as often as it has rows
        logits = self.closeness(queries, prototypes) - count.log()  # so that each class counts once
        return (logits.logsumexp(1) - logits.masked_fill(same == 0, -torch.inf).logsumexp(1)).mean()


def euclidean(queries: Tensor, prototypes: Tensor) -> Tensor:
    """queries (..., Q, d), prototypes (..., K, d) -> minus their squared distances (..., Q, K)."""
    products = queries @ prototypes.transpose(-1, -2)
    return 2 * products - queries.square().sum(-1)[..., None] - prototypes.square().sum(-1)[..., None, :]


def cosine(queries: Tensor, prototypes: Tensor) -> Tensor:
    """queries (..., Q, d), prototypes (..., K, d) -> their cosines, by SHARPNESS (..., Q, K)."""
    return SHARPNESS * normalize(queries, dim=-1) @ normalize(prototypes, dim=-1).transpose(-1, -2)
