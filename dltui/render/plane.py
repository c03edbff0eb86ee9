"""What pictures of points on a plane share: numbers of classes, ranges, and from values to places."""

from collections.abc import Sequence

import numpy as np

from dltui.render.cells import shown

MOST_CLASSES = 1000  # a greater class number is a mistake
LOW = 12  # lines below which a title has none of its own
MOST = 1e300  # values beyond count as infinite: their differences would be


def numbered(labels: Sequence[object] | np.ndarray, classes: Sequence[object]) -> tuple[np.ndarray, list[str]]:
    """Returns the class number of each label (N,) intp, and the classes' names.

    Labels are numbers of classes or their names; a class without a name has its number for one.
    """
    names = [shown(name) for name in classes]
    found = np.asarray(labels)
    if found.dtype.kind in "USO":
        known = {name: index for index, name in enumerate(names)}
        numbers = np.array([known.setdefault(shown(label), len(known)) for label in found.tolist()], np.intp)
        return numbers, list(known)
    numbers = np.clip(np.nan_to_num(found.astype(float)), 0, MOST_CLASSES - 1).astype(np.intp)
    most = int(numbers.max(initial=-1)) + 1
    return numbers, names + [str(index) for index in range(len(names), most)]


def span(values: np.ndarray, *, log: bool = False, margin: float = 0.0) -> tuple[float, float] | None:
    """Returns the least and the greatest finite value, `margin` of their distance farther; None without one.

    Equal ones are moved apart. With `log`, only positive values count.
    """
    values = values[(np.abs(values) < MOST) & ((values > 0) | (not log))]
    if not values.size:
        return None
    low, high = float(values.min()), float(values.max())
    if high <= low:
        apart = abs(low) / 2 or 0.5
        return low - apart, high + apart
    if log:
        return low, high
    return low - margin * (high - low), high + margin * (high - low)


def titles(payload: dict, height: int) -> tuple[str, str]:
    """Returns what lies to the right and what upwards; a low picture says both of them in the place of the first."""
    x, y = (shown(payload.get(f"{axis}_title") or "") for axis in "xy")
    return (f"{x}, up: {y}" if x and y else x or y, "") if height < LOW else (x, y)


def places(values: np.ndarray, low: float, high: float, count: int, *, log: bool = False) -> np.ndarray:
    """Returns where values lie on `count` points from low (0) to high (count - 1), as floats; NaN where nowhere."""
    if log:
        with np.errstate(divide="ignore", invalid="ignore"):
            values, low, high = np.log10(np.where(values > 0, values, np.nan)), np.log10(low), np.log10(high)
    place = (values - low) / (high - low) * (count - 1)
    return np.where(np.isfinite(place), place, np.nan)
