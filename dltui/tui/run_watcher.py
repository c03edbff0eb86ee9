"""One run's log as a screen follows it: what is new is read in small pieces, so that no key is kept waiting."""

import queue
import threading
import time
import weakref
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from dltui.runs.events import PAUSES, Tail, last_event
from dltui.runs.history import History
from dltui.runs.run import Run

BUDGET = 0.02  # seconds that one poll may read
PAUSE = 0.01  # seconds between two polls of a log that is being read: keys are answered, and what they change is drawn
LONG = 4 << 20  # bytes of a log from which on a thread decodes what is unread
PIECE = 256  # events that the thread hands over at once
AHEAD = 8  # pieces that wait at most
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
            self._stands = PAUSES.get(event["op"], self._stands)
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
    """Follows a run's log. `behind` is true while more lies in it than was read so far.

    A long log is decoded in a thread. Until all of it is read, its last line tells already how the run ended.
    """

    def __init__(self, run: Run, now: Callable[[], float] = time.perf_counter):
        self.run = run
        self.history, self.clock = History(compact=True), RunClock()
        self.behind = False
        self._now = now
        self._tail = Tail(run.log, stored=True)
        self._unread: Iterator[dict] | None = None
        self._decoder: Decoder | None = None
        self._end: dict | None = None  # the last line of a long log, where that is its end

    def poll(self, budget: float = BUDGET) -> bool:
        """Takes in what is new for about `budget` seconds at most; returns whether there was anything."""
        until = self._now() + budget
        before = self.history.version
        if self._unread is None and self._decoder is None and _bytes_left(self._tail) > LONG:
            self._decoder = Decoder(self._tail)
            weakref.finalize(self, self._decoder.given_up.set)
            last = last_event(self.run.log)
            self._end = last if last and last["kind"] == "finished" else None
        events = self._decoder.decoded(budget) if self._decoder else self._unread or self._tail.read()
        self._unread, self.behind = None, False
        for event in events:
            take(event, self.history, self.clock)
            if self._now() >= until:
                self._unread, self.behind = events, True
                break
        self._settle_decoder()
        self.history.unreadable = self._tail.unreadable
        return self.history.version > before

    def _settle_decoder(self) -> None:
        """A decoder that has come to the end goes; until then the run's end is known from its last line."""
        if self._decoder is None:
            return
        if self._decoder.done and self._unread is None:
            self._decoder = self._end = None
            return
        self._unread, self.behind = None, True  # the decoder keeps what was not taken
        self.history.finished = self._end or self.history.finished


class Decoder:
    """Reads a log to its end in a thread, a few pieces ahead of who takes them in."""

    def __init__(self, tail: Tail):
        self.done = False  # everything was handed over
        self.given_up = threading.Event()
        self._pieces: queue.Queue[list[dict] | None] = queue.Queue(AHEAD)
        self._piece: Iterator[dict] = iter(())
        threading.Thread(target=_decode, args=(tail, self._pieces, self.given_up), daemon=True).start()

    def decoded(self, seconds: float) -> Iterator[dict]:
        """Yields what is decoded, waiting `seconds` at most for the first; what is not taken comes the next time."""
        while not self.done:
            yield from self._piece
            try:
                piece = self._pieces.get(timeout=seconds)
            except queue.Empty:
                return
            self.done = piece is None
            self._piece, seconds = iter(piece or ()), 0.0


def _decode(tail: Tail, pieces: queue.Queue, given_up: threading.Event) -> None:
    """What the thread does; it knows no decoder, so that one nobody needs any more can go."""
    events = tail.read()
    while not given_up.is_set():
        try:
            piece = list(islice(events, PIECE))
        except OSError:  # the run was deleted
            piece = []
        while not given_up.is_set():
            try:
                pieces.put(piece or None, timeout=1.0)
                break
            except queue.Full:
                continue
        if not piece:
            return


def _bytes_left(tail: Tail) -> int:
    try:
        return tail.path.stat().st_size - tail.offset
    except OSError:
        return 0


class Replay:
    """A run's log shown again as it came, from its first event. `speed` is how many of its seconds pass in one."""

    def __init__(self, run: Run, speed: float):
        self.history, self.clock = History(compact=True), RunClock()
        self.speed = speed
        self.paused = self.over = False
        # seconds of the run, long silences cut: those that have passed, and those of the next event
        self._moment = self._at = 0.0
        self._events = Tail(run.log, stored=True).read()
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
                self._at += min(max(0.0, self._next["t"] - shown["t"]), SILENCE)
        self.over = self._next is None
        return self.history.version > before


def take(event: dict, history: History, clock: RunClock) -> None:
    """Takes one event in."""
    clock.take(event)
    history.take((event,))
