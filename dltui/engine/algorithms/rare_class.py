"""Two classes of which one is rare: what is right, of what was said and of what there is (van Rijsbergen 1979)."""

from typing import NamedTuple

import torch
from torch import Tensor


class Scores(NamedTuple):
    """A ratio whose denominator is 0 is 0, as in scikit-learn."""

    accuracy: float
    precision: float
    recall: float
    f1: float


def scores(said: Tensor, truth: Tensor) -> Scores:
    """said, truth: (N,) bool, true for the rare class."""
    TP, FP, FN = (int(found.sum()) for found in (said & truth, said & ~truth, ~said & truth))
    accuracy = (said == truth).double().mean().item()
    return Scores(accuracy, _ratio(TP, TP + FP), _ratio(TP, TP + FN), _ratio(2 * TP, 2 * TP + FP + FN))


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def precision_recall(p: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """p (N,): how likely a row is of the rare class, truth (N,) bool -> (precision, recall), (K,) each.

    A point for each distinct value as the threshold, from the highest to the lowest: recall never falls.
    """
    order = p.argsort(descending=True, stable=True)
    said = torch.cat([p[order].diff() != 0, torch.ones(1, dtype=torch.bool, device=p.device)]).nonzero()[:, 0]
    TP = truth[order].double().cumsum(0)[said]
    return TP / (said + 1), TP / truth.sum().clamp(min=1)


def average_precision(precision: Tensor, recall: Tensor) -> float:
    """The area of the steps under the curve, sum of precision times the growth of recall."""
    return (precision * recall.diff(prepend=recall.new_zeros(1))).sum().item()
