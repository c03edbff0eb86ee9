"""The rate falls like half a cosine, slowly at both ends (Loshchilov and Hutter 2017, arXiv:1608.03983)."""

import math

from dltui.engine.contracts.schedule import Schedule


def build(*, floor: float = 0.0, cycles: int = 1) -> Schedule:
    """Returns (t, T) -> floor + (1 - floor) (1 + cos(pi u)) / 2, where u in 0..1 is how much of a cycle has passed.

    floor: lowest share of the rate, at least 0, below 1.
    cycles: falls in a run, at least 1; each begins at the full rate again.
    """

    def schedule(t: int, T: int) -> float:
        u = min(cycles * t / T, cycles)
        u = u % 1 if u < cycles else 1.0
        return floor + (1 - floor) * (1 + math.cos(math.pi * u)) / 2

    return schedule
