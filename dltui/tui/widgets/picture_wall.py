"""The pictures of a run side by side: as many as fit, the chosen one among them."""

import time
from bisect import bisect_right
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Horizontal

from dltui.render import gallery
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.events import shape
from dltui.runs.history import History
from dltui.tui.sheet import Unchanged
from dltui.tui.widgets.picture_pane import PicturePane

MOST = 6  # panes
NARROWEST = 24  # cells that a pane wants
WIDEST = 3  # panes that one picture takes at most
SHAPE = 2  # cells of width to one of height that a square picture takes
BUDGET = 0.005  # seconds of drawing after which keys come first

Key = tuple[str, str]  # (series, pane)


class PictureWall(Unchanged, Horizontal):
    """Holds the panes. `variant` is the only series that is shown, None for all."""

    DEFAULT_CSS = """
    PictureWall > PicturePane { width: 1fr; height: 1fr; margin-right: 1; }
    PictureWall > PicturePane.-last { margin-right: 0; }
    """

    def __init__(self, **kwargs: str):
        super().__init__(**kwargs)
        self.variant: str | None = None
        self.chosen: Key | None = None
        self.zoomed = False
        self._first = 0
        self._panes = [PicturePane() for _ in range(MOST)]
        self._seen: list[Key] = []
        self._complete: tuple = ()  # what was shown when all panes were drawn last

    def compose(self) -> ComposeResult:
        yield from self._panes

    # -- choosing --------------------------------------------------------------------------------------------------

    def keys(self, history: History) -> list[Key]:
        """Returns the pictures there are, those of one kind together, of the chosen variant only where one is."""
        kinds = list(dict.fromkeys(pane for _, pane in history.panes))
        found = sorted(history.panes, key=lambda key: kinds.index(key[1]))
        return [key for key in found if self.variant in (None, key[0])] or found

    def choose(self, history: History, by: int) -> None:
        """Chooses the next picture, or with a negative `by` the one before."""
        keys = self.keys(history)
        if keys:
            self.chosen = keys[(self._index(keys) + by) % len(keys)]

    def next_variant(self, history: History) -> None:
        """Shows the next variant's pictures only; after the last one those of all."""
        series = list(dict.fromkeys(name for name, _ in history.panes))
        if len(series) > 1:
            order = [None, *series]
            self.variant = order[(order.index(self.variant) + 1) % len(order)] if self.variant in order else None
            pane = self.chosen[1] if self.chosen else ""
            keys = self.keys(history)
            self.chosen = next((key for key in keys if key[1] == pane), keys[0])

    def on_picture_pane_pressed(self, message: PicturePane.Pressed) -> None:
        place = self._panes.index(message.pane)
        if place < len(self._seen):
            self.chosen = self._seen[place]

    def _index(self, keys: list[Key]) -> int:
        return keys.index(self.chosen) if self.chosen in keys else 0

    # -- showing ---------------------------------------------------------------------------------------------------

    def show(self, history: History, folder: Path, look: TerminalCapabilities, step: int | None) -> bool:
        """Shows the pictures as they were at `step`, the newest where None.

        Returns whether all were drawn: where drawing takes long, the rest is left to the next call.
        """
        keys = self.keys(history)
        if not keys:
            self._arrange([], [])
            self._complete = self._wanted(history, look, step)
            return True
        self.chosen = keys[self._index(keys)]
        shares = [_share(history, key) for key in keys]
        self._arrange(self._window(keys, shares), shares)
        wanted = self._wanted(history, look, step)
        until = time.perf_counter() + BUDGET
        for key, pane in zip(self._seen, self._panes, strict=False):
            event = at_step(history.frames[key], step)
            told = self._told(len(keys)) if key == self._seen[-1] else ("",)
            drawn = pane.show(event, folder, look, chosen=key == self.chosen and len(keys) > 1, told=told)
            if drawn and time.perf_counter() > until:
                return False
        self._complete = wanted
        return True

    def shows(self, history: History, look: TerminalCapabilities, step: int | None) -> bool:
        """Whether `show` would find all as it is."""
        return self._complete == self._wanted(history, look, step)

    def _wanted(self, history: History, look: TerminalCapabilities, step: int | None) -> tuple:
        newest = [events[-1] for events in history.frames.values()]
        sizes = [pane.size for pane in self._panes]
        return newest, look, step, self.variant, self.chosen, self.zoomed, self.size, sizes

    def _window(self, keys: list[Key], shares: list[int]) -> list[Key]:
        """The keys that have a pane: the chosen one is among them, and they move as little as may be.

        shares: how many panes wide each wants to be.
        """
        place = self._index(keys)
        first, room = min(self._first, place), 1 if self.zoomed else self.room
        while first < place and (sum(shares[first : place + 1]) > room or place - first >= MOST):
            first += 1
        end = first + 1
        while end < len(keys) and end - first < MOST and sum(shares[first : end + 1]) <= room:
            end += 1
        while first and end - first < MOST and sum(shares[first - 1 : end]) <= room:
            first -= 1
        self._first = first
        return keys[first:end]

    def _told(self, number: int) -> tuple[str, ...]:
        """Which of the pictures are seen, where that is not all of them, at length and in brief."""
        first, seen = self._first + 1, len(self._seen)
        if seen >= number:
            return ("",)
        told = f" {f'{first}-' if seen > 1 else ''}{first + seen - 1} of {number}"
        return f"{told}, n: more", told

    @property
    def room(self) -> int:
        """How many panes fit side by side."""
        width, height = self.size
        return max(1, width // max(NARROWEST, SHAPE * (height - 1)))

    def _arrange(self, seen: list[Key], shares: list[int]) -> None:
        if len(seen) != len(self._seen):
            for place, pane in enumerate(self._panes):
                pane.display = place < len(seen)
                pane.set_class(place == len(seen) - 1, "-last")
        for pane, share in zip(self._panes, shares[self._first : self._first + len(seen)], strict=False):
            pane.styles.width = f"{share}fr"
        self._seen = seen


def _share(history: History, key: Key) -> int:
    """How many panes wide a picture wants to be: a row of pictures as many as these, unless variants are compared."""
    picture = shape(history.frames[key][-1])
    alone = len({series for series, _ in history.panes}) == 1
    return min(WIDEST, picture.columns) if alone and picture.rows == 1 and picture.type in gallery.MONTAGES else 1


def at_step(events: list[dict], step: int | None) -> dict | None:
    """Returns the newest of a pane's `frame` events, at `step` or before where one is given; None for none."""
    if step is None:
        return events[-1]
    place = bisect_right(events, step, key=lambda event: event["step"])
    return events[place - 1] if place else None
