"""The scalars of a run as CSV: a row a step and series, a column a metric."""

import csv
from collections.abc import Iterator
from heapq import merge
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from dltui.atomic_write import replacing
from dltui.errors import DltuiError
from dltui.runs.events import Tail
from dltui.runs.history import Curve, History
from dltui.runs.run import Run


class Written(NamedTuple):
    """What came of an export. unreadable: lines of the log that are no events; what they told is missing."""

    rows: int
    unreadable: int


def write(run: Run, path: Path) -> Written:
    """Writes the scalars of `run` to `path`, over what was there.

    Columns: series ('' where the recipe has no variants), step, then the metrics in the order in which they came; a
    cell is empty where a metric was not measured. What a resumed run did again stands once. Raises DltuiError (1)
    where the log holds no scalars, or the file cannot be written.
    """
    history = History()
    tail = Tail(run.log, stored=True)
    history.take(event for event in tail.read() if event["kind"] in ("started", "scalars"))
    if not history.curves:
        raise DltuiError(f"{run.id} has no numbers to export.", f"See: dltui attach {run.id}")
    try:
        with replacing(path, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["series", "step", *history.metrics])
            count = 0
            for row in rows(history):
                writer.writerow(row)
                count += 1
    except OSError as error:
        raise DltuiError(f"{path}: {error.strerror}.", "Start dltui in a folder you may write to.") from None
    return Written(count, tail.unreadable)


def rows(history: History) -> Iterator[list]:
    """Yields [series, step, value or '' a metric], series by series, steps rising."""
    metrics = history.metrics
    for series in dict.fromkeys(series for series, _ in history.curves):
        own = [(metrics.index(metric), curve) for (of, metric), curve in history.curves.items() if of == series]
        points = merge(*(_points(column, curve) for column, curve in own))
        for step, at_step in groupby(points, key=itemgetter(0)):
            row: list = [series, step, *[""] * len(metrics)]
            for _, column, value in at_step:
                row[2 + column] = value
            yield row


def _points(column: int, curve: Curve) -> Iterator[tuple[int, int, float]]:
    return ((step, column, value) for step, value in zip(curve.steps, curve.values, strict=True))
