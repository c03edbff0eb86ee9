"""One run's log as a screen follows it: what is new is read in small pieces, so that no key is kept waiting."""

import time
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence

from dltui.runs.events import Tail
from dltui.runs.history import History
from dltui.runs.run import Run

BUDGET = 0.02  # seconds that one poll may read
SILENCE = 2.0  # seconds of the run without an event that a replay shows as such; longer ones are cut to it


class RunClock:
    """The seconds that a run has trained: pauses, and the time between two sittings, do not count."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.steps, self.times = array("q"), array("d")  # the seconds it showed at these steps, both rising
        self._last = 0.0
        self._stands = True  # before `started`, after `finished`, while paused

    def take(self, event: dict) -> None:
        """Takes in the next event of the log."""
        kind, now = event["kind"], event["t"]
        if not self._stands:
            self.seconds += max(0.0, now - self._last)
        self._last = now
        if kind == "started":
            self._stands = False
            keep = bisect_right(self.steps, event["step"])  # what follows will be done again
            del self.steps[keep:], self.times[keep:]
            self.seconds = self.times[-1] if self.times else 0.0
        elif kind == "finished":
            self._stands = True
        elif kind == "control":
            self._stands = {"pause": True, "resume": False}.get(event["op"], self._stands)
        elif kind == "scalars" and (not self.steps or event["step"][-1] > self.steps[-1]):
            self.steps.append(event["step"][-1])
            self.times.append(self.seconds)

    def seconds_at(self, step: float) -> float:
        """Returns what it showed at a step, in between on a straight line."""
        return _between(step, self.steps, self.times)

    def step_at(self, seconds: float) -> float:
        """Returns the step at which it showed so many seconds."""
        return _between(seconds, self.times, self.steps)


def _between(x: float, known: Sequence[float], values: Sequence[float]) -> float:
    place = bisect_left(known, x)
    if not known:
        return 0.0
    if place == 0 or place == len(known):
        return values[min(place, len(known) - 1)]
    share = (x - known[place - 1]) / (known[place] - known[place - 1])
    return values[place - 1] + share * (values[place] - values[place - 1])


class RunWatcher:
    """Follows a run's log. `behind` is true while more lies in it than the last poll was allowed to read."""

    def __init__(self, run: Run, now: Callable[[], float] = time.perf_counter):
        self.run = run
        self.history, self.clock = History(), RunClock()
        self.behind = False
        self._now = now
        self._tail = Tail(run.log)
        self._unread: Iterator[dict] | None = None

    def poll(self, budget: float = BUDGET) -> bool:
        """Reads what is new for about `budget` seconds at most; returns whether there was anything."""
        until = self._now() + budget
        before = self.history.version
        events = self._unread or self._tail.read()
        self._unread, self.behind = None, False
        for event in events:
            take(event, self.history, self.clock)
            if self._now() >= until:
                self._unread, self.behind = events, True
                break
        return self.history.version > before


class Replay:
    """A run's log shown again as it came, from its first event. `speed` is how many of its seconds pass in one."""

    def __init__(self, run: Run, speed: float):
        self.history, self.clock = History(), RunClock()
        self.speed = speed
        self.paused = self.over = False
        # seconds of the run, long silences cut: those that have passed, and those of the next event
        self._moment = self._at = 0.0
        self._events = Tail(run.log).read()
        self._next = next(self._events, None)

    def advance(self, seconds: float, budget: float = BUDGET) -> bool:
        """Lets `seconds` of the person's time pass, reads for about `budget` at most; returns whether anything came."""
        if self.paused or self.over:
            return False
        until = time.perf_counter() + budget
        self._moment += seconds * self.speed
        before = self.history.version
        while self._next is not None and self._at <= self._moment and time.perf_counter() < until:
            shown = self._next
            take(shown, self.history, self.clock)
            self._next = next(self._events, None)
            if self._next is not None:
                self._at += min(max(0.0, _time(self._next) - _time(shown)), SILENCE)
        self.over = self._next is None
        return self.history.version > before


def take(event: dict, history: History, clock: RunClock) -> None:
    """Takes one event in; a line that is no event of ours is passed over: the rest is still worth showing."""
    try:
        clock.take(event)
        history.take((event,))
    except (KeyError, TypeError, ValueError, IndexError):
        return


def _time(event: dict) -> float:
    try:
        return float(event["t"])
    except (KeyError, TypeError, ValueError):
        return 0.0
