"""Series in time, cut into a history and what came after it; built in: seasons, trends and noise, generated."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, limited
from dltui.engine.reading.reading_options import FOUND_OUT, Reading
from dltui.engine.reading.time_series import read_series
from dltui.errors import DltuiError, ExitStatus

SOURCES = ("builtin", "path")
GIVES = ("series",)
READS = "series"
COUNT = 400  # series
SEASONS = 24  # of each
LEAST = 40  # values of a series of the user's own
HELD = 0.2  # of the time, at its end
STRIDES = 3  # windows that begin within a season, to train on


def build(*, history: int = 96, horizon: int = 24, period: int = 24, train_rows: int = 0) -> "Series":
    """What came after a stretch of a series.

    history: values that are known, at least the period.
    horizon: values that are to be forecast, at least 1.
    period: values of a season, at least 2.
    train_rows: windows to train on, at least 0; 0 takes all.
    """
    if history < period:
        raise DltuiError(
            f"data.history={history} is shorter than the season, data.period={period}.",
            f"Set data.history={4 * period}.",
            ExitStatus.USAGE,
        )
    return Series(history, horizon, period, train_rows)


class Series:
    """Rows (N, history) float32 in the series' own units, targets (N, horizon); the test lies after the training."""

    def __init__(self, history: int, horizon: int, period: int, train_rows: int):
        self.history, self.horizon, self.period, self.train_rows = history, horizon, period, train_rows

    def builtin(self) -> Dataset:
        """Generated series, the same every time."""
        seasons = max(SEASONS, 3 * (self.history + self.horizon) // self.period)
        values = generated(COUNT, seasons * self.period, self.period, seed=0)
        return self._dataset(values, "builtin", f"{COUNT} generated series with a season of {self.period}")

    def path(self, path: Path, report: Callable[[str], None], reading: Reading = FOUND_OUT) -> Dataset:
        """The user's own: a CSV file, a row a point of time, each column of numbers a series. Raises DltuiError (4)."""
        report(f"reading {path}")
        own = read_series(path, reading)
        values = own.values
        fitting, note = self._fitting(values.shape[1], path)
        names = f"{', '.join(own.names[:3])}{' ...' if len(own.names) > 3 else ''}"
        detail = f"{path}: {len(values)} series of {values.shape[1]:,} values ({names})"
        return fitting._dataset(values, "path", detail, (*own.notes, *note))

    def _fitting(self, length: int, path: Path) -> tuple["Series", tuple[str, ...]]:
        """The same with a history, a horizon and a season that series of `length` values have room for."""
        whole = self.history + self.horizon
        most = round(length * (1 - HELD) / 2)  # as much again is trained on
        if length < LEAST:
            hint = "A row is a point of time; see data.history and data.horizon."
            raise DltuiError(f"{path}: expected at least {LEAST} rows, found {length}.", hint, ExitStatus.DATA)
        if whole <= most:
            return self, ()
        horizon = max(1, self.horizon * most // whole)
        history = most - horizon
        period = min(self.period, history)
        note = f"{length} rows are few: data.history={history} data.horizon={horizon} data.period={period}"
        asked = f"not {self.history}, {self.horizon} and {self.period}"
        return Series(history, horizon, period, self.train_rows), (f"{note}, {asked}",)

    def _dataset(self, values: np.ndarray, source: str, detail: str, notes: tuple[str, ...] = ()) -> Dataset:
        """values (S, T) -> windows; those of the test have their targets wholly in the last part of the time."""
        T = values.shape[1]
        cut = T - max(self.horizon, round(T * HELD))
        stride = max(1, self.period // STRIDES)
        train = self._windows(values, range(self.history, cut - self.horizon + 1, stride))
        test = self._windows(values, range(cut, T - self.horizon + 1, self.horizon))
        facts = {"inputs": self.history, "horizon": self.horizon, "period": self.period}
        return limited(Dataset(train, test, (), source, detail, facts, notes), self.train_rows, 0)

    def _windows(self, values: np.ndarray, starts: range) -> Split:
        """Windows whose targets begin at `starts`, of each series."""
        inputs = np.concatenate([values[:, start - self.history : start] for start in starts])
        targets = np.concatenate([values[:, start : start + self.horizon] for start in starts])
        return Split(torch.from_numpy(inputs).float(), torch.from_numpy(targets).float())


def generated(count: int, length: int, period: int, seed: int) -> np.ndarray:
    """Returns series (count, length): level, a trend that turns, a season that swells and shrinks, and noise.

    The noise is not alike everywhere: each series has its own, what is left of it fades from value to value, and at
    the height of the season there is most of it.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    t = np.arange(length)
    waves = np.arange(1, 4)[:, None, None]  # three harmonics
    height = random.uniform(0.3, 1.0, (3, count, 1)) / waves
    turn = random.uniform(0, 2 * np.pi, (3, count, 1))
    season = (height * np.sin(2 * np.pi * waves * t / period + turn)).sum(0)  # (S, T)
    swell = 1 + 0.4 * np.sin(2 * np.pi * t / (period * random.uniform(4, 9, (count, 1))) + turn[0])
    slope = np.repeat(random.normal(0, 0.5 / period, (count, -(-length // (6 * period)))), 6 * period, axis=1)
    trend = np.cumsum(slope[:, :length], axis=1)
    loud = random.uniform(0.1, 0.5, (count, 1)) * np.exp(0.6 * season)
    shocks = random.standard_normal((count, length)) * loud
    noise = shocks.copy()
    for now in range(1, length):
        noise[:, now] += 0.6 * noise[:, now - 1]
    level = random.uniform(20, 200, (count, 1))
    return (level + level / 10 * (trend + swell * season + noise)).astype(np.float32)
