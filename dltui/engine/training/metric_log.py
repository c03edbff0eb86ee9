"""Losses on their way to the log: kept where they are made, moved and written by the clock, thinned when many.

Flushed 10 times a second at first. After the first hundred seconds the pause grows as a thousandth of the run's time,
to two seconds at most: nobody sees a tenth of a second in an hour, and a log of ten million steps stays small.
"""

import itertools
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from dltui.runs.events import EventLog

FASTEST, SLOWEST, SHARE = 0.1, 2.0, 1e-3  # seconds, seconds, of the run's time
MOST = 32  # steps a line before it is thinned


class Telemetry:
    """Collects the per-step values of every series and writes them as `scalars` events."""

    def __init__(self, log: EventLog, clock: Callable[[], float] = time.perf_counter):
        self.log, self.clock = log, clock
        self.began = self.due = clock()
        self.not_finite: dict[str, tuple[str, float, int]] = {}  # series -> its first (metric, value, step)
        self._steps: dict[str, list[int]] = {}
        self._values: dict[str, dict[str, list[float | Tensor]]] = {}

    def add(self, series: str, step: int, values: dict[str, float | Tensor]) -> None:
        """Keeps the values of one step: floats, or 0-d tensors that stay on their device until the flush."""
        if not values:  # a task that takes its steps by itself may measure nothing at each of them
            return
        steps = self._steps.get(series)
        if steps is None or self._values[series].keys() != values.keys():
            self._flush_series(series)
            steps = self._steps[series] = []
            self._values[series] = {name: [] for name in values}
        steps.append(step)
        kept = self._values[series]
        for name, value in values.items():
            kept[name].append(value)

    def flush_if_due(self, now: float) -> bool:
        """Writes what was kept if it is time to; returns whether it did."""
        if now < self.due:
            return False
        self.flush(now)
        return True

    def flush(self, now: float | None = None) -> None:
        """Writes what was kept."""
        now = self.clock() if now is None else now
        for series in list(self._steps):
            self._flush_series(series)
        self.due = now + min(max(FASTEST, SHARE * (now - self.began)), SLOWEST)

    def _flush_series(self, series: str) -> None:
        steps = self._steps.pop(series, None)
        if not steps:
            return
        columns = {name: _numbers(values) for name, values in self._values.pop(series).items()}
        self._find_not_finite(series, steps, columns)
        if len(steps) > MOST:
            keep = thinned(list(columns.values()))
            steps = np.asarray(steps)[keep].tolist()
            columns = {name: values[keep] for name, values in columns.items()}
        values = {name: [float(f"{value:.6g}") for value in column.tolist()] for name, column in columns.items()}
        self.log.write("scalars", series=series, step=steps, values=values)

    def _find_not_finite(self, series: str, steps: list[int], columns: dict[str, np.ndarray]) -> None:
        for name, values in columns.items():
            finite = np.isfinite(values)
            if not finite.all() and series not in self.not_finite:
                place = int(np.argmin(finite))
                self.not_finite[series] = (name, float(values[place]), steps[place])


def _numbers(values: list[float | Tensor]) -> np.ndarray:
    if isinstance(values[0], Tensor):
        return torch.stack(values).float().cpu().numpy()
    return np.asarray(values)


def thinned(columns: list[np.ndarray]) -> np.ndarray:
    """Returns the places to keep of columns of one length: in each of MOST / 2 stretches every column's extremes.

    The first and the last stay, and so does everything that is not finite.
    """
    length = len(columns[0])
    bounds = np.linspace(0, length, MOST // 2 + 1).astype(int)
    keep = {0, length - 1}
    for column in columns:
        finite = np.isfinite(column)
        keep.update(np.flatnonzero(~finite).tolist())
        lows, highs = np.where(finite, column, np.inf), np.where(finite, column, -np.inf)
        for start, end in itertools.pairwise(bounds):
            keep.update((start + int(lows[start:end].argmin()), start + int(highs[start:end].argmax())))
    return np.array(sorted(keep))
