"""Which metrics share a plot and which plot comes first: told by what the run's parts declared of them."""

from collections.abc import Container, Iterable, Mapping, Sequence

from dltui.recipes.metric import Metric
from dltui.runs.history import Curve

UNKNOWN = Metric("")  # of a log that tells nothing of its metrics
KINDS = ("trained", "score", "other", "check", "side")  # the order of their plots, where no claim is about them
SHARED = ("trained", "score", "check")  # those that share one plot


def is_score(metric: Metric) -> bool:
    """Whether a metric lies in 0..1 and is the better the higher: such metrics share an axis."""
    return metric.better == "higher" and tuple(metric.range or ()) == (0, 1)


def counters(
    curves: Mapping[tuple[str, str], Curve], declared: Mapping[str, Metric]
) -> dict[str, list[tuple[str, float]]]:
    """Returns what has been counted so far: metric -> [(series, newest value)]."""
    found: dict[str, list[tuple[str, float]]] = {}
    for (series, metric), curve in curves.items():
        if len(curve.values) and declared.get(metric, UNKNOWN).counter:
            found.setdefault(metric, []).append((series, curve.values[-1]))
    return found


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


def groups(
    metrics: Iterable[str], declared: Mapping[str, Metric], claimed: Sequence[str], apart: Container[str] = ()
) -> list[list[str]]:
    """Returns the metrics that belong into one plot each, the most important plot first; counters have none.

    What the recipe makes claims about comes first, in their order: that is the point. Then what training improves and
    what shares its axis, the scores, the others, distances from a reference implementation, and side curves last.
    apart: metrics that share no plot, those of variants.
    """
    of = {name: metric for name in metrics if not (metric := declared.get(name, UNKNOWN)).counter}
    main = {name for name, metric in of.items() if metric.progress}
    kinds = {name: _kind(metric if name in apart else of.get(metric.axis, metric)) for name, metric in of.items()}
    found: dict[tuple[str, str], list[str]] = {}
    for name, kind in kinds.items():
        shared = "" if kind in SHARED else of[name].axis or name
        found.setdefault((kind, name if name in apart else shared), []).append(name)
    for group in found.values():
        group.sort(key=lambda name: name not in main)  # what is trained on comes first
    claims = {name: place for place, name in enumerate(claimed) if kinds.get(name) != "check"}

    def rank(group: list[str]) -> tuple[int, int]:
        claim = min((claims[name] for name in group if name in claims), default=len(claimed))
        return claim, KINDS.index(kinds[group[0]])

    return sorted(found.values(), key=rank)


def _kind(metric: Metric) -> str:
    """What a metric is, as one of KINDS."""
    if metric.side:
        return "side"
    if metric.check:
        return "check"
    if metric.progress:
        return "trained"
    return "score" if is_score(metric) else "other"
