"""How fast a run goes: steps a second, time gone and time left, from what its log says."""

from typing import NamedTuple

from dltui.runs.history import History


class Pace(NamedTuple):
    """Steps a second lately (0.0 while unknown), seconds since the start, seconds left (None while unknown)."""

    rate: float
    elapsed: float
    left: float | None


def of(history: History, now: float | None = None) -> Pace:
    """Returns the pace at the time `now`, which is that of the last event where None."""
    now = history.latest if now is None else max(now, history.latest)
    recent = list(history.pace)
    rate = 0.0
    if len(recent) >= 2 and recent[-1][0] > recent[0][0]:
        rate = (recent[-1][1] - recent[0][1]) / (recent[-1][0] - recent[0][0])
    if history.finished:
        elapsed = history.finished["seconds"]
        done = history.step - (history.started["step"] if history.started else 0)
        return Pace(rate or (done / elapsed if elapsed else 0.0), elapsed, None)
    elapsed = now - history.began if history.began else 0.0
    remaining = history.steps - history.step
    return Pace(rate, elapsed, remaining / rate if rate > 0 and remaining >= 0 else None)
