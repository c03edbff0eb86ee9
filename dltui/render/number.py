"""Numbers and times as a person reads them at a glance."""

import math
from collections.abc import Callable, Iterable

from dltui.recipes.metric import Metric
from dltui.render import axes

PLACES = ((1000, 0), (100, 1), (10, 2), (0.1, 3), (0.01, 4), (0.001, 5))  # (from which size on, places)


def number(value: float) -> str:
    """Returns a measured value in at most 9 characters, with 3 to 4 significant digits: 0.0512, 12.34, 1.2e-5, nan."""
    value = float(value)
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    size = abs(value)
    if size and (size < 1e-3 or size >= 1e6):
        mantissa, _, power = f"{value:.2e}".partition("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(power)}"
    places = next((places for bound, places in PLACES if size >= bound), 3)
    return f"{value:.{places}f}"


def measured(values: Iterable[float]) -> Callable[[float], str]:
    """Returns how the values of one metric are written: those of a count, all whole and one above 1, without places;
    others as `number` has them."""
    greatest = 0.0
    for value in map(float, values):
        if not value.is_integer() or abs(value) >= 1e6:
            return number
        greatest = max(greatest, abs(value))
    return (lambda value: f"{float(value):.0f}") if greatest > 1 else number


def writer(metric: Metric, *, unit: bool = False) -> Callable[[float], str]:
    """Returns how a value of a metric is written: a count as 12,345, others as `number` has them; with its unit."""
    after = f" {metric.unit}" if unit and metric.unit else ""

    def written(value: float) -> str:
        whole = metric.is_count and math.isfinite(value) and float(value).is_integer()
        return (count(int(value)) if whole else number(value)) + after

    return written


def short(value: float) -> str:
    """Returns a number in at most six characters, for a place beside many others: -4, 0.37, -0.002, 1.2k, nan."""
    value = float(value)
    size = abs(value)
    if not math.isfinite(value) or size >= 1000 or 0 < size < 0.001:
        return axes.label(value)
    return f"{value:.{3 if 0 < size < 0.1 else 2}f}".rstrip("0").rstrip(".")


def count(value: int) -> str:
    """Returns a count: 980, 12,345, 1.2M."""
    if value >= 1_000_000:
        size, letter = (value / 1e9, "G") if value >= 1e9 else (value / 1e6, "M")
        return f"{size:.1f}".removesuffix(".0") + letter
    return f"{value:,}"


def rate(value: float) -> str:
    """Returns steps a second: 312, 4.2, 0.05."""
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def clock(seconds: float) -> str:
    """Returns a time as a clock counts it: 0:07, 12:30, 3:05:09, 2d 3h."""
    whole = max(0, int(seconds + 0.5))
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24}d {hours % 24}h"
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def spoken(seconds: float) -> str:
    """Returns a time in words: 6 s, 2 min 30 s, 3 h 5 min."""
    whole = max(0, int(seconds + 0.5))
    if whole < 60:
        return f"{whole} s"
    minutes, second = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {second} s" if second else f"{minutes} min"
    hours, minute = divmod(minutes, 60)
    return f"{hours} h {minute} min" if minute else f"{hours} h"
