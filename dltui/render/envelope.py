"""A curve reduced to what one screen can show: per column of dots its least, greatest, first, last and mean value."""

from typing import NamedTuple

import numpy as np

LARGEST = 1e290  # of what an axis spans: differences of larger numbers overflow


class Envelope(NamedTuple):
    """One row a column of dots that holds points, from left to right; every array has the same length."""

    columns: np.ndarray  # numbers of the columns, rising
    low: np.ndarray  # least finite value, NaN where the column holds none
    high: np.ndarray  # greatest finite value
    first: np.ndarray  # the leftmost value, NaN where it is not finite
    last: np.ndarray  # the rightmost value, NaN where it is not finite
    mean: np.ndarray  # of the finite values
    broken: np.ndarray  # whether a NaN or an infinity lies in the column

    @property
    def finite(self) -> np.ndarray:
        """Whether the column holds a finite value."""
        return ~np.isnan(self.low)


def reduce(
    steps: np.ndarray,
    values: np.ndarray,
    width: int,
    x_min: float,
    x_max: float,
    extent: tuple[np.ndarray, np.ndarray] | None = None,
) -> Envelope:
    """Returns the envelope of a curve on `width` columns of dots, the first at x_min, the last at x_max.

    steps: (N,) rising whole numbers; values: (N,) float64. Nothing is copied: 10 million points take about 8 ms.
    extent: the least and the greatest values (N,), where a point stands for several and `values` are their means.
    """
    lows, highs = extent or (values, values)
    edges = x_min + (np.arange(width + 1) - 0.5) * (x_max - x_min) / max(1, width - 1)
    at = np.searchsorted(steps, np.ceil(edges).astype(np.int64))  # whole edges: floats would copy all the steps
    columns = np.flatnonzero(np.diff(at))
    if not len(columns):
        nothing = np.empty(0)
        return Envelope(columns, *[nothing] * 5, np.empty(0, bool))
    starts, ends = at[columns], at[columns + 1]
    part = values[: ends[-1]]
    with np.errstate(invalid="ignore", over="ignore"):
        low, high = np.fmin.reduceat(lows[: len(part)], starts), np.fmax.reduceat(highs[: len(part)], starts)
        mean = np.add.reduceat(part, starts) / (ends - starts)
    broken = ~np.isfinite(mean)
    for index in np.flatnonzero(broken):
        inside, *others = (part[starts[index] : ends[index]] for part in (values, lows, highs))
        inside, *others = (part[np.isfinite(part)] for part in (inside, *others))
        broken[index] = len(inside) < ends[index] - starts[index]  # else the sum alone was too large
        low[index], high[index], mean[index] = _extent(inside, *others)
    first, last = values[starts], values[ends - 1]
    first, last = (np.where(np.isfinite(edge), edge, np.nan) for edge in (first, last))
    return Envelope(columns, low, high, first, last, mean, broken)


def _extent(values: np.ndarray, lows: np.ndarray, highs: np.ndarray) -> tuple[float, float, float]:
    if not len(lows):
        return np.nan, np.nan, np.nan
    mean = (values / len(values)).sum() if len(values) else (lows.mean() + highs.mean()) / 2
    return lows.min(), highs.max(), mean


def smoothed(columns: np.ndarray, values: np.ndarray, strength: float) -> np.ndarray:
    """Returns the moving average of `values`, weighed by strength^|distance in columns|; NaN stays NaN.

    At the right end that is the debiased exponential average of what has been (Kingma and Ba 2014, section 3); where a
    future is known it counts as much as the past, so that the average does not lag behind a falling curve.
    """
    known = ~np.isnan(values)
    if not known.any():
        return values
    past = _from_left(columns[known], values[known], strength)
    future = _from_left(-columns[known][::-1], values[known][::-1], strength)[:, ::-1]
    total, weight = past + future
    result = np.full(len(values), np.nan)
    result[known] = (total - values[known]) / (weight - 1)  # each point's own value was counted twice
    return result


def _from_left(columns: np.ndarray, values: np.ndarray, strength: float) -> np.ndarray:
    """(2, N): at each point the weighed sum of the values up to it, and the sum of their weights."""
    sums = np.empty((2, len(values)))
    total = weight = 0.0
    keeps = [1.0, *(strength ** np.diff(columns)).tolist()]
    for index, (keep, value) in enumerate(zip(keeps, values.tolist(), strict=True)):
        total, weight = keep * total + value, keep * weight + 1
        sums[:, index] = total, weight
    return sums


def robust_range(envelopes: list[Envelope], *, log: bool = False) -> tuple[float, float]:
    """Returns the (low, high) a y axis should span: all values, but a few far outliers must not squash the rest.

    The range is cut where nine tenths of the columns would share less than a fifth of it. With `log` the
    positive values alone count and distances are those of their logarithms.
    """
    low = np.concatenate([envelope.low[envelope.finite] for envelope in envelopes] or [np.empty(0)])
    high = np.concatenate([envelope.high[envelope.finite] for envelope in envelopes] or [np.empty(0)])
    low, high = np.clip(low, -LARGEST, LARGEST), np.clip(high, -LARGEST, LARGEST)
    if log:
        low, high = np.log10(low[low > 0]), np.log10(high[high > 0])
    if not len(low) or not len(high):
        return (0.1, 1.0) if log else (0.0, 1.0)
    bottom, top = float(low.min()), float(high.max())
    bulk_bottom, bulk_top = float(np.quantile(low, 0.05)), float(np.quantile(high, 0.95))
    bulk = bulk_top - bulk_bottom
    if 0 < bulk < (top - bottom) / 5:
        bottom, top = max(bottom, bulk_bottom - bulk / 2), min(top, bulk_top + bulk / 2)
    space = 0.04 * (top - bottom) or (0.5 if log else abs(top) * 0.1 or 1.0)
    if log:
        return 10 ** (bottom - space), 10 ** (top + space)
    return (max(0.0, bottom - space) if bottom >= 0 else bottom - space), top + space
