"""Which metrics share a plot and which plot comes first: told by what the run's parts declared of them."""

from collections.abc import Container, Iterable, Mapping

from dltui.recipes.metric import Metric
from dltui.runs.history import Curve

UNKNOWN = Metric("")  # of a log that tells nothing of its metrics


def is_score(metric: Metric) -> bool:
    """Whether a metric lies in 0..1 and is the better the higher: such metrics share an axis."""
    return metric.better == "higher" and tuple(metric.range or ()) == (0, 1)


def most_frequent_first(
    curves: Mapping[tuple[str, str], Curve], declared: Mapping[str, Metric]
) -> list[tuple[str, str]]:
    """Returns (series, metric) of all curves with points but side curves, what is measured at every step first.

    The series of one metric stand together.
    """
    lengths: dict[str, int] = {}
    for (_, metric), curve in curves.items():
        lengths[metric] = max(lengths.get(metric, 0), len(curve.values))
    ranks = {metric: rank for rank, metric in enumerate(sorted(lengths, key=lambda metric: -lengths[metric]))}
    return sorted(
        (key for key, curve in curves.items() if len(curve.values) and not declared.get(key[1], UNKNOWN).side),
        key=lambda key: ranks[key[1]],
    )


def groups(metrics: Iterable[str], declared: Mapping[str, Metric], claimed: Container[str]) -> list[list[str]]:
    """Returns the metrics that belong into one plot each, the most important plot first.

    What training improves and what shares its axis, then what the recipe makes claims about, then the scores, the
    others, and side curves last, where no claim is about them.
    """
    trained: list[str] = []
    scores: list[str] = []
    own: dict[str, list[str]] = {}
    side: list[list[str]] = []
    of = {name: declared.get(name, UNKNOWN) for name in metrics}
    main = {name for name, metric in of.items() if metric.progress}
    for name, metric in of.items():
        if metric.side:
            side.append([name])
        elif name in main or metric.axis in main:
            trained.append(name)
        elif is_score(metric):
            scores.append(name)
        else:
            own.setdefault(metric.axis or name, []).append(name)
    trained.sort(key=lambda name: name not in main)  # what is trained on comes first
    rest = [group for group in (scores, *own.values(), *side) if group]
    rest.sort(key=lambda group: (not any(name in claimed for name in group), group in side))
    return [group for group in (trained, *rest) if group]
