"""What a run has told: notes and what was turned, the newest at the bottom."""

from heapq import merge
from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from dltui.render import palette
from dltui.render.cells import FAINT, Line, fit, wrapped
from dltui.render.number import clock
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.history import History
from dltui.tui import run_controls

MOST = 500  # entries
COLOURS = {"warning": palette.WARNING, "error": palette.BAD}


class NoteList(ScrollView, can_focus=True):
    """Scrolls with the arrows; at the bottom it follows what comes."""

    HELP: ClassVar[str] = (
        "Notes\nWhat the engine told, with the time since the start: its data, warnings, what was turned."
    )
    DEFAULT_CSS = """
    NoteList { scrollbar-size-vertical: 1; overflow-x: hidden; }
    """
    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self, **kwargs: str):
        super().__init__(**kwargs)
        self._lines: list[Line] = []
        self._drawn: tuple = ()

    def show(self, history: History, look: TerminalCapabilities) -> None:
        """Shows the notes of a run, if there are new ones."""
        width = self.scrollable_content_region.width
        found = (id(history), len(history.notes), len(history.controls), width, look)
        if found == self._drawn or not width:
            return
        self._drawn = found
        follows = self.max_scroll_y - self.scroll_y <= 1
        self._lines = lines(history, width, look)
        self.virtual_size = Size(width, len(self._lines))
        self.refresh()
        if follows:
            self.scroll_end(animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        place = y + round(self.scroll_y)
        line = self._lines[place] if place < len(self._lines) else []
        return Strip(line).adjust_cell_length(self.size.width).apply_style(self.rich_style)


def lines(history: History, width: int, look: TerminalCapabilities) -> list[Line]:
    """Returns the newest entries, each with the time since the run began; progress is told by its newest line only."""
    newest = history.notes[-1] if history.notes else None
    notes = [note for note in history.notes[-MOST:] if note["level"] != "progress" or note is newest]
    found = list(merge(notes, history.controls, key=lambda event: event["seq"]))[-MOST:]
    if not found:
        return [[Segment("No notes yet.", FAINT)]]
    drawn: list[Line] = []
    for event in found:
        stamp = clock(event["t"] - history.began)
        text, colour = _told(event)
        style = palette.ink(colour, look) if colour else None
        for number, part in enumerate(wrapped(text, max(10, width - len(stamp) - 1))):
            head = stamp if number == 0 else " " * len(stamp)
            drawn.append(fit([Segment(f"{head} ", FAINT), Segment(part, style)], width))
    return drawn


def _told(event: dict) -> tuple[str, str]:
    """The text of an entry and its colour, '' for none."""
    if event["kind"] == "note":
        return event["text"], COLOURS.get(event["level"], "")
    return f"step {event['step']:,}: {run_controls.in_words(event)}", palette.series(0)
