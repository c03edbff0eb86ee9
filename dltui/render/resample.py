"""Arrays made larger or smaller: each new point the mean of what it covers, or between its neighbours.

Without matrix products: their threads would take the cores from the engine.
"""

import math

import numpy as np


def smooth(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """values (H, W, ...) -> (height, width, ...) floats: means where it shrinks, straight between where it grows."""
    for axis, new in ((0, height), (1, width)):
        if new != values.shape[axis]:
            values = (_means if new < values.shape[axis] else _between)(values, axis, new)
    return values


def _means(values: np.ndarray, axis: int, new: int) -> np.ndarray:
    """Adds up, for all new points at once, the first old point that each covers, the second, and so on."""
    old, values = values.shape[axis], np.ascontiguousarray(values)  # `take` would copy all of it each time
    edges = np.linspace(0, old, new + 1)
    first = edges[:-1].astype(np.intp)
    total = 0.0
    for tap in range(math.ceil(old / new) + 1):
        at = first + tap
        share = np.clip(np.minimum(edges[1:], at + 1) - np.maximum(edges[:-1], at), 0, None) * (new / old)
        total = total + values.take(np.minimum(at, old - 1), axis) * _along(share.astype(np.float32), axis, values.ndim)
    return total


def _between(values: np.ndarray, axis: int, new: int) -> np.ndarray:
    old = values.shape[axis]
    places = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    whole = np.minimum(places.astype(np.intp), max(0, old - 2))
    part = _along((places - whole).astype(np.float32), axis, values.ndim)
    return values.take(whole, axis) * (1 - part) + values.take(np.minimum(whole + 1, old - 1), axis) * part


def _along(weights: np.ndarray, axis: int, dimensions: int) -> np.ndarray:
    """weights (n,) in a shape that is n along `axis` and 1 elsewhere."""
    return weights.reshape([-1 if dimension == axis else 1 for dimension in range(dimensions)])


def nearest(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """values (H, W, ...) -> (height, width, ...): each new point is the old one in its middle."""
    rows = ((np.arange(height) + 0.5) * values.shape[0] / height).astype(np.intp)
    columns = ((np.arange(width) + 0.5) * values.shape[1] / width).astype(np.intp)
    return values[rows[:, None], columns]
