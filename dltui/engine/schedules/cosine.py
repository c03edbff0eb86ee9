"""The rate falls like half a cosine, slowly at both ends, perhaps after it has risen.

Loshchilov and Hutter 2017, arXiv:1608.03983; the rise, while the weights are still wild: Goyal et al. 2017,
arXiv:1706.02677.
"""

import math

from dltui.engine.contracts.schedule import Schedule


def build(*, floor: float = 0.0, cycles: int = 1, warmup: float = 0.0) -> Schedule:
    """Returns (t, T) -> floor + (1 - floor) (1 + cos(pi u)) / 2, where u in 0..1 is how much of a cycle has passed.

    floor: lowest share of the rate, at least 0, below 1.
    cycles: falls in a run, at least 1; each begins at the full rate again.
    warmup: share of the run in which the rate first rises in a straight line from 0, at least 0, below 1.
    """

    def schedule(t: int, T: int) -> float:
        top = round(warmup * T)
        if t < top - 1:
            return (t + 1) / top  # the first step is taken at 1/top, not at 0
        if top:
            t, T = t + 1 - top, max(1, T - top)
        u = min(cycles * t / T, cycles)
        u = u % 1 if u < cycles else 1.0
        return floor + (1 - floor) * (1 + math.cos(math.pi * u)) / 2

    return schedule
