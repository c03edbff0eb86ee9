"""One long rise, then one fall to almost nothing (Smith and Topin 2017, arXiv:1708.07120)."""

import math

from dltui.engine.contracts.schedule import Schedule


def build(*, rise: float = 0.3, start: float = 0.04, end: float = 4e-6) -> Schedule:
    """Returns (t, T) -> half a cosine up from `start` to 1, and half a cosine down to `end`.

    rise: share of the run that the rise takes, above 0, below 1.
    start: share of the rate at the first step, above 0, at most 1.
    end: share of the rate at the last step, at least 0, below 1.
    """

    def schedule(t: int, T: int) -> float:
        top = rise * T - 1
        if top > 0 and t <= top:
            return _between(start, 1.0, t / top)
        return _between(1.0, end, min((t - top) / (T - 1 - top), 1.0))

    return schedule


def _between(first: float, last: float, u: float) -> float:
    return last + (first - last) * (1 + math.cos(math.pi * u)) / 2
