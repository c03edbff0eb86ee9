"""The queue above the runs: what waits for its device, in the order in which it will start."""

import time
from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.message import Message

from dltui import paths
from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import queue
from dltui.jobs.queue import Entry
from dltui.recipes.overrides import written
from dltui.render import palette
from dltui.render.cells import FAINT, Line, cut, fit, shown
from dltui.render.run_cells import age
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.tui.messages import Told
from dltui.tui.sheet import SheetWidget

MOST = 4  # rows; the first ones start next
LOOK_EVERY = 1.0  # seconds
NAMES = {"waits": "waiting", "starting": "starting", "failed": "failed"}


class WaitingList(SheetWidget, can_focus=True):
    """No row where nothing waits. Reads the queue itself, at most once a second."""

    HELP: ClassVar[str] = (
        "The queue\n"
        "Runs that wait until nothing computes on their device. Closing dltui leaves them there, and they start all "
        "the same. In the shell: dltui queue, dltui queue move, dltui queue rm."
    )
    HINTS: ClassVar = [
        ("x", "take it out of the queue"),
        ("K J", "start it earlier, later"),
        ("up down", "choose"),
        ("esc", "to the runs"),
    ]
    BINDINGS: ClassVar[list[Binding]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="waiting.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="waiting.down"),
        Binding("K,shift+up", "shift(-1)", "Start it earlier", id="waiting.earlier"),
        Binding("J,shift+down", "shift(1)", "Start it later", id="waiting.later"),
        Binding("escape,tab", "leave", "To the runs", id="waiting.leave"),
        Binding("x", "remove", "Take it out of the queue", id="waiting.remove", tooltip="Asks first."),
    ]
    DEFAULT_CSS = """
    WaitingList { height: auto; padding: 0 1; background: $surface; }
    """

    class RemovalAsked(Message):
        """The entry is to be taken out, if the person means it."""

        def __init__(self, entry: Entry):
            super().__init__()
            self.entry = entry

    class Left(Message):
        """Escape or tab."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: Sequence[Entry] = ()
        self.cursor = 0
        self.display = False
        self._looked = -LOOK_EVERY

    def look_at_queue(self) -> None:
        """Shows the queue as it is now."""
        if time.monotonic() - self._looked >= LOOK_EVERY:
            self._looked = time.monotonic()
            self.entries = queue.entries() if paths.home().joinpath("queue").is_dir() else ()
            self.draw()

    def draw(self) -> None:
        """Shows the entries, those around the cursor where there are many; nothing where there are none."""
        self.cursor = max(0, min(self.cursor, len(self.entries) - 1))
        self.display = bool(self.entries)
        if not self.entries:
            return
        first = max(0, min(self.cursor - MOST + 1, len(self.entries) - MOST))
        width, look = self.content_size.width, self.app.look
        found = [
            _line(entry, at == self.cursor and self.has_focus, width, look)
            for at, entry in enumerate(self.entries[first : first + MOST], first)
        ]
        left = len(self.entries) - len(found)
        if left:
            found.append(fit([Segment(f"and {left} more: dltui queue", FAINT)], width))
        self.styles.height = len(found)
        self.sheet.show(found)

    def action_move(self, by: int) -> None:
        self.cursor += by
        self.draw()

    def action_shift(self, by: int) -> None:
        """The cursor stays on the entry."""
        to = self.cursor + by
        if 0 <= to < len(self.entries):
            entry = self.entries[self.cursor]
            try:
                queue.move(entry.number, to + 1, added=entry.added)
                self.cursor = to
            except DltuiError as error:
                if error.status != ExitStatus.NOT_FOUND:  # else it has just been started, and is gone from the list
                    self.post_message(Told(str(error), "error"))
            self._look_again()

    def action_leave(self) -> None:
        self.post_message(self.Left())

    def action_remove(self) -> None:
        if self.entries:
            self.post_message(self.RemovalAsked(self.entries[self.cursor]))

    def remove(self, entry: Entry) -> str:
        """Takes an entry out; returns in words what came of it, for it may just have been started."""
        try:
            queue.remove(entry.number, added=entry.added)
            told = f"{entry.number} {entry.recipe} was taken out of the queue."
        except DltuiError as error:
            told = error.message
        self._look_again()
        return told

    def _look_again(self) -> None:
        self._looked = -LOOK_EVERY
        self.look_at_queue()

    def on_click(self, event: events.Click) -> None:
        first = max(0, min(self.cursor - MOST + 1, len(self.entries) - MOST))
        self.action_move(first + event.y - self.cursor)

    def on_focus(self) -> None:
        self.draw()

    def on_blur(self) -> None:
        self.draw()

    def on_resize(self) -> None:
        self.draw()


def _line(entry: Entry, chosen: bool, width: int, look: TerminalCapabilities) -> Line:
    """One entry in `width` cells: its number, recipe, device, how long it waits, what is changed or its fault."""
    changes = [*(written(key, value) for key, value in entry.overrides.items()), *(["--full"] if entry.full else [])]
    sign = "!" if entry.error else ("◷" if look.unicode else "~")
    head = f"{sign} {NAMES[entry.state]} {entry.number}  "
    waits = age(time.time() - entry.added) if entry.added else ""  # a broken file does not tell
    rest = f"  {entry.device}  {waits}  "
    words = shown(entry.error or " ".join(changes))
    cells = fit([
        Segment(head, palette.ink(palette.BAD if entry.error else palette.WARNING, look)),
        Segment(shown(entry.recipe)),
        Segment(rest, FAINT),
        Segment(cut(words, max(0, width - len(head) - len(rest) - len(entry.recipe)), look), FAINT),
    ], width)  # fmt: skip
    return [Segment(text, (style or Style()) + Style(reverse=True)) for text, style, _ in cells] if chosen else cells
