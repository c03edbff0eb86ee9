"""How many threads a step is to use: measured at the start, since on a tiny net two can be slower than one."""

import time
from collections.abc import Callable
from statistics import median

import torch

TRIES = 3
SECONDS = 0.12  # of steps for one try
GAIN = 1.15  # more threads must be this much faster: they take cores from whoever watches


def choose(step: Callable[[], object], most: int) -> tuple[int, dict[int, float]]:
    """Sets torch's threads to the fewest, up to `most`, that are fast. Returns (threads, {threads: s a step}).

    step: takes one training step; what it changes is the caller's to undo.
    """
    counts = sorted({1, *(2**power for power in range(1, 6) if 2**power < most), most})
    seconds = {count: _seconds(step, count) for count in counts}
    best = counts[0]
    for count in counts[1:]:
        if seconds[count] * GAIN < seconds[best]:
            best = count
    torch.set_num_threads(best)
    return best, seconds


def _seconds(step: Callable[[], object], count: int) -> float:
    torch.set_num_threads(count)
    step()
    taken = []
    for _ in range(TRIES):
        begun, steps = time.perf_counter(), 0
        while time.perf_counter() - begun < SECONDS:
            step()
            steps += 1
        taken.append((time.perf_counter() - begun) / steps)
    return median(taken)
