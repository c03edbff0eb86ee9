"""A run watched on a terminal: its log is read as it grows and drawn a few times a second, by little of a processor."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from dltui.recipes.recipe import Recipe
from dltui.render import dashboard
from dltui.render.terminal import Screen
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.events import Tail
from dltui.runs.history import History
from dltui.runs.run import Run

FRAMES_PER_SECOND = 4.0
SHARE = 0.025  # of a processor for drawing: where a frame takes longer, there are fewer of them
NAP = 0.1  # seconds between two looks at the log
BUDGET = 0.25  # seconds that one look may take: a long log is read in several, and drawn between them
BEHIND = "reading the log ..."
SILENCE = 2.0  # seconds to which a replay cuts longer ones


class Watcher:
    """Follows one run. `history` holds what was read; `said` is shown in the place of the log's newest note."""

    def __init__(
        self,
        run: Run,
        recipe: Recipe,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ):
        self.run, self.recipe, self.history = run, recipe, History(compact=True)
        self.said = ""
        self.lost = False  # the engine has gone without ending its log
        self.behind = False  # more lies in the log than was read so far
        self._clock, self._sleep = clock, sleep
        self._tail = Tail(run.log, stored=True)

    def poll(self) -> bool:
        """Reads what is new, for about BUDGET seconds at most; returns whether there was anything."""
        until = time.perf_counter() + BUDGET
        before = self.history.version
        self.behind = False
        for event in self._tail.read():
            self.history.take((event,))
            if time.perf_counter() >= until:
                self.behind = True
                break
        self.history.unreadable = self._tail.unreadable
        return self.history.version > before

    def live(
        self,
        stream: TextIO,
        look: TerminalCapabilities,
        *,
        ended: Callable[[], bool] = lambda: False,
        first: int = 0,
        keys: str = dashboard.KEYS,
        frames_per_second: float = FRAMES_PER_SECOND,
    ) -> History:
        """Shows the run until it has finished, its engine has `ended`, or the terminal is gone; returns its history.

        ended: asked ten times a second. first: seq of the first event that may end it; a resumed run's log holds an
        older `finished`.
        """
        self.history.ends_from = first
        with Screen(stream, look) as screen, suspendable(screen):
            due = shown_at = 0.0
            shown_version, shown_size, shown_said = -1, (0, 0), ""
            while True:
                screen.stop_if_asked()
                ended_now = ended()  # before the log: what was written last is read still
                self.poll()
                over = self.history.finished is not None and not self.behind
                ended_now = ended_now and not self.behind
                self.lost = ended_now and not over
                now, size = self._clock(), screen.size()
                changed = self.history.version != shown_version or self.said != shown_said or now - shown_at >= 1
                if over or ended_now or size != shown_size or (changed and now >= due):
                    began = time.perf_counter()
                    self._draw(screen, look, now, keys)
                    due = now + max(1 / frames_per_second, (time.perf_counter() - began) / SHARE)
                    shown_at, shown_version, shown_size, shown_said = now, self.history.version, size, self.said
                if over or ended_now or screen.lost:
                    return self.history
                if not self.behind:
                    self._sleep(NAP)

    def replay(
        self,
        stream: TextIO,
        look: TerminalCapabilities,
        *,
        speed: float = 1.0,
        keys: str = "Ctrl-C leaves",
        frames_per_second: float = FRAMES_PER_SECOND,
    ) -> History:
        """Shows the run's log again from its first event, `speed` times as fast as it came; returns its history.

        Silences are cut to two seconds: nobody wants to wait out a night's pause again.
        """
        with Screen(stream, look) as screen, suspendable(screen):
            began, passed, due = self._clock(), 0.0, 0.0  # passed: seconds of the run, silences cut
            for event in self._tail.read():
                passed += min(max(0.0, event["t"] - self.history.latest), SILENCE) if self.history.began else 0.0
                while (ahead := passed / speed - (self._clock() - began)) > 0.001 and not screen.lost:
                    screen.stop_if_asked()
                    if self._clock() >= due:
                        self._draw(screen, look, self.history.latest, keys)
                        due = self._clock() + 1 / frames_per_second
                    self._sleep(min(ahead, 1 / frames_per_second))
                self.history.take((event,))
                if screen.lost:
                    break
            self.history.unreadable = self._tail.unreadable
            self._draw(screen, look, self.history.latest, keys)
        return self.history

    def _draw(self, screen: Screen, look: TerminalCapabilities, now: float, keys: str) -> None:
        width, height = screen.size()
        lines = dashboard.render(
            self.history,
            self.run,
            self.recipe,
            width,
            height,
            look,
            now=now,
            keys=keys,
            lost=self.lost,
            said=self.said or (BEHIND if self.behind else ""),
        )
        screen.write(lines)


@contextmanager
def suspendable(screen: Screen) -> Iterator[None]:
    """Ctrl-Z gives the shell its terminal back, and `fg` the view; every change of the size paints all of it anew."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {signal.SIGTSTP: screen.ask_to_stop, signal.SIGWINCH: screen.repaint}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
