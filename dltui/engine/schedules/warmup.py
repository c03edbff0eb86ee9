"""The rate rises from nothing while the weights are still wild (Goyal et al. 2017, arXiv:1706.02677)."""

import math
from typing import Literal

from dltui.engine.contracts.schedule import Schedule


def build(*, rise: float = 0.1, then: Literal["constant", "cosine", "root"] = "constant") -> Schedule:
    """Returns (t, T) -> a straight rise to 1, and what comes after it.

    rise: share of the run that the rise takes, above 0, below 1.
    then: constant stays there; cosine falls to nothing; root falls as 1 / sqrt(t), as transformers had it first.
    """
    falls = {
        "constant": lambda t, T, top: 1.0,
        "cosine": lambda t, T, top: (1 + math.cos(math.pi * min((t - top) / max(1, T - top), 1.0))) / 2,
        "root": lambda t, T, top: math.sqrt(top / t),
    }

    def schedule(t: int, T: int) -> float:
        top = max(1, round(rise * T))
        # the first step is taken at 1/top, not at 0
        return (t + 1) / top if t < top - 1 else falls[then](t + 1, T, top)

    return schedule
