"""How many threads a step is to use: measured at the start, since on a tiny net two can be slower than one."""

import math
import time
from collections.abc import Callable
from statistics import median

import torch

TRIES = 3
SECONDS = 0.12  # of steps for one try
HOPELESS = 4  # so many times the time of fewer threads, at the first step: not tried again
GAIN = 1.15  # more threads must be this much faster: they take cores from whoever watches


def choose(step: Callable[[], object], most: int) -> tuple[int, dict[int, float]]:
    """Sets torch's threads to the fewest, up to `most`, that are fast. Returns (threads, {threads: s a step}).

    step: takes one training step; what it changes is the caller's to undo.
    """
    counts = sorted({1, *(2**power for power in range(1, 6) if 2**power < most), most})
    best, seconds = counts[0], {counts[0]: _seconds(step, counts[0])}
    for count in counts[1:]:
        seconds[count] = _seconds(step, count, HOPELESS * seconds[best])
        if seconds[count] * GAIN < seconds[best]:
            best = count
    torch.set_num_threads(best)
    return best, seconds


def _seconds(step: Callable[[], object], count: int, patience: float = math.inf) -> float:
    """The median time of a step; that of the first one alone where it is beyond `patience`."""
    torch.set_num_threads(count)
    begun = time.perf_counter()
    step()
    taken: list[float] = []
    if time.perf_counter() - begun > patience:
        return time.perf_counter() - begun
    for _ in range(TRIES):
        begun, steps = time.perf_counter(), 0
        while time.perf_counter() - begun < SECONDS:
            step()
            steps += 1
        taken.append((time.perf_counter() - begun) / steps)
    return median(taken)
