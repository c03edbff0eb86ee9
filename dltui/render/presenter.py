"""A run presented: drawn as it grows, or again as it went, and turned over by keys until it is left."""

import time
from collections.abc import Callable
from typing import TextIO

from dltui.recipes.recipe import Recipe
from dltui.render import present
from dltui.render.present import Chosen
from dltui.render.terminal import Screen
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.render.watch import BUDGET, FRAMES_PER_SECOND, NAP, SHARE, SILENCE, Watcher, suspendable
from dltui.runs.events import Tail
from dltui.runs.history import History
from dltui.runs.run import Run

NEXT = (" ", "\n", "\r", "\x1b[C", "\x1b[B", "\x1b[6~")  # the last is what the button of a pointer sends
BACK = ("b", "\x7f", "\x08", "\x1b[D", "\x1b[A", "\x1b[5~")
LEAVE = ("q", "Q", "\x04")
OTHER = "p"


class Presenter:
    """Shows a run by `watcher` until it is left. keys: returns those that were pressed within some seconds."""

    def __init__(self, watcher: Watcher, lesson: str, keys: Callable[[float], list[str]]):
        self.watcher, self.lesson, self.keys = watcher, present.pieces(lesson), keys
        self.chosen, self.left = Chosen(), False

    def show(
        self, stream: TextIO, look: TerminalCapabilities, feed: Callable[[], object], *,
        over: Callable[[], bool] = lambda: False,
    ) -> History:  # fmt: skip
        """Shows the run; `feed` is called again and again and reads what is new. over: ends it without a key."""
        watcher, drawn, due = self.watcher, None, 0.0
        with Screen(stream, look, keys=True) as screen, suspendable(screen):
            while not (self.left or screen.lost or over()):
                screen.stop_if_asked()
                feed()
                now = time.monotonic()
                state = self.chosen, screen.size(), watcher.lost, watcher.said, watcher.history.version
                if drawn is None or state[:-1] != drawn[:-1] or (state != drawn and now >= due):
                    self._draw(screen, look)
                    due, drawn = now + max(1 / FRAMES_PER_SECOND, (time.monotonic() - now) / SHARE), state
                for key in self.keys(0.0 if watcher.behind else NAP):
                    self.press(key)
        return watcher.history

    def press(self, key: str) -> None:
        """Does what a key means; one that means nothing tells the keys."""
        last, piece = len(self.lesson), self.chosen.piece
        if key in LEAVE:
            self.left = True
        elif key in NEXT:
            self.chosen = self.chosen._replace(piece=(piece + 1) % (last + 1), keys=False)
        elif key in BACK:
            self.chosen = self.chosen._replace(piece=max(0, piece - 1), keys=False)
        elif key == OTHER:
            self.chosen = self.chosen._replace(picture=self.chosen.picture + 1, keys=False)
        else:
            self.chosen = self.chosen._replace(keys=not self.chosen.keys)

    def _draw(self, screen: Screen, look: TerminalCapabilities) -> None:
        of = self.watcher
        lines = present.render(
            of.history, of.run, of.recipe, self.lesson, self.chosen, *screen.size(), look, lost=of.lost, said=of.said
        )
        screen.write(lines)


class Again:
    """A log as it came, `speed` times as fast: each call gives a history the events whose time has come."""

    def __init__(self, run: Run, history: History, speed: float, clock: Callable[[], float] = time.monotonic):
        self._events, self._history, self._speed, self._clock = Tail(run.log, stored=True).read(), history, speed, clock
        self._next = next(self._events, None)
        self._began, self._passed = clock(), 0.0  # seconds of the run, silences cut

    def __call__(self) -> None:
        until = self._clock() + BUDGET
        while self._next and self._passed <= (self._clock() - self._began) * self._speed and self._clock() < until:
            self._history.take((self._next,))
            self._next = next(self._events, None)
            if self._next:
                self._passed += min(max(0.0, self._next["t"] - self._history.latest), SILENCE)


def presenter(run: Run, recipe: Recipe, language: str, keys: Callable[[float], list[str]]) -> Presenter:
    """Returns the presenter of a run, with its recipe's lesson in that language."""
    lesson = recipe.table.get("lesson") or {}
    text = lesson.get(language) or lesson.get("en") or "" if isinstance(lesson, dict) else ""
    return Presenter(Watcher(run, recipe), str(text), keys)
