"""What kind of number a metric is, told by its name: a loss, a score in 0..1, a side curve, something of its own."""

import re
from collections.abc import Container, Iterable, Mapping

from dltui.runs.history import Curve

SCORES = {"accuracy", "auc", "score", "f1", "precision", "recall", "iou", "dice", "jaccard", "bleu", "ssim", "purity"}
SIDE = ("grad_norm", "lr")


def is_side(metric: str) -> bool:
    """Whether a metric is a side curve: a gradient's norm or a learning rate."""
    return metric.endswith(SIDE)


def is_rate(metric: str) -> bool:
    """Whether a metric is a learning rate: it has no noise to smooth, and corners that smoothing would round."""
    return metric.endswith("lr")


def is_loss(metric: str, roles: Container[str] = ()) -> bool:
    """Whether a metric is a loss; the loss of a model among several bears its role as a name."""
    return metric in roles or "loss" in re.split(r"[_.\s-]", metric)


def is_score(metric: str) -> bool:
    """Whether a metric lies in 0..1 and is the better the higher."""
    return not SCORES.isdisjoint(re.split(r"[_.\s-]", metric.lower()))


def most_frequent_first(curves: Mapping[tuple[str, str], Curve]) -> list[tuple[str, str]]:
    """Returns (series, metric) of all curves with points but side curves, what is measured at every step first.

    The series of one metric stand together.
    """
    lengths: dict[str, int] = {}
    for (_, metric), curve in curves.items():
        lengths[metric] = max(lengths.get(metric, 0), len(curve.values))
    ranks = {metric: rank for rank, metric in enumerate(sorted(lengths, key=lambda metric: -lengths[metric]))}
    return sorted(
        (key for key, curve in curves.items() if len(curve.values) and not is_side(key[1])),
        key=lambda key: ranks[key[1]],
    )


def groups(metrics: Iterable[str], roles: Container[str], claimed: Container[str]) -> list[list[str]]:
    """Returns the metrics that belong into one plot each, the most important plot first.

    All losses, then what the recipe makes claims about, then the scores, the others, and side curves last, where no
    claim is about them.
    """
    losses: list[str] = []
    scores: list[str] = []
    own: list[list[str]] = []
    side: list[list[str]] = []
    for metric in metrics:
        if is_side(metric):
            (own if metric in claimed else side).append([metric])
        elif is_loss(metric, roles):
            losses.append(metric)
        elif is_score(metric):
            scores.append(metric)
        else:
            own.append([metric])
    losses.sort(key=lambda metric: metric.startswith("test"))  # what is trained on comes first
    rest = [group for group in (scores, *own) if group]
    rest.sort(key=lambda group: not any(metric in claimed for metric in group))
    return [group for group in (losses, *rest, *side) if group]
