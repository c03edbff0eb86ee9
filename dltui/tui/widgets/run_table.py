"""The runs, a row each; only the rows in sight are drawn, so that ten thousand cost what thirty do."""

import time
from operator import attrgetter
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from dltui.render.cells import pad, wrapped
from dltui.runs.facts import RunFacts
from dltui.tui import run_columns
from dltui.tui.run_columns import COLUMNS, Kept
from dltui.tui.sheet import Unchanged

SIGNS = {"live": "●", "met": "✓", "missed": "✗", "failed": "!", "ran": "·", "unread": " "}
PLAIN_SIGNS = {"live": ">", "met": "+", "missed": "x", "failed": "!", "ran": ".", "unread": " "}
PIN, PLAIN_PIN = "▴", "^"
GAP = 2  # after a column that ends flush right
KINDS = {column.name: column for column in COLUMNS}


class RunTable(Unchanged, ScrollView, can_focus=True, inherit_bindings=False):
    """Shows the runs in the order in which they are given."""

    HELP = (
        "Runs\n"
        "Every run, pinned (▴) and live ones first. ✓ it met its claim, ✗ it did not, ● it goes on, ! it failed, "
        "· it ended and nothing was claimed. ◆ is marked for c, x, e, t, u and p. In the shell: dltui runs."
    )
    BINDINGS: ClassVar[list[Binding]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="run_table.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="run_table.down"),
        Binding("pageup", "page(-1)", "A page up", show=False, id="run_table.page_up"),
        Binding("pagedown", "page(1)", "A page down", show=False, id="run_table.page_down"),
        Binding("home,g", "edge(0)", "First", show=False, id="run_table.first"),
        Binding("end,G", "edge(-1)", "Last", show=False, id="run_table.last"),
        Binding("enter", "open", "Open the run", id="run_table.open"),
        Binding("space", "mark", "Mark, and go to the next", id="run_table.mark"),
        Binding("a", "mark_all", "Mark all that are listed, or none", id="run_table.mark_all"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"run-table--{name}" for name in ("faint", "marked", "cursor", "run", "value", *SIGNS)
    }
    DEFAULT_CSS = """
    RunTable {
        overflow-x: hidden;
        height: 1fr;
        scrollbar-size-vertical: 1;
        scrollbar-color: $border-blurred;
        scrollbar-color-hover: $border;
        scrollbar-color-active: $border;
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
        scrollbar-gutter: stable;
        .run-table--faint { color: $text-muted; }
        .run-table--marked { color: $accent; text-style: bold; }
        .run-table--run { color: $foreground; }
        .run-table--value { color: $foreground; }
        .run-table--cursor { color: $block-cursor-blurred-foreground; background: $block-cursor-blurred-background; text-style: $block-cursor-blurred-text-style; }
        &:focus .run-table--cursor { color: $block-cursor-foreground; background: $block-cursor-background; text-style: $block-cursor-text-style; }
        .run-table--live { color: $accent; text-style: bold; }
        .run-table--met { color: $success; text-style: bold; }
        .run-table--missed { color: $error; text-style: bold; }
        .run-table--failed { color: $error; text-style: bold; }
        .run-table--ran, .run-table--unread { color: $text-muted; }
    }
    """  # noqa: E501 a rule of CSS on one line each

    class Chosen(Message):
        """The cursor stands on another run, or on none."""

    class Opened(Message):
        """The run under the cursor is wanted."""

    class Marked(Message):
        """Other runs are marked than before."""

    def __init__(self, **names: str):
        super().__init__(**names)
        self.rows: list[RunFacts] = []
        self.marked: set[str] = set()  # ids
        self.cursor = 0
        self.empty = ""  # what to say where there are no rows
        self.value = ""  # the metric that is shown
        self.widths: dict[str, int] = {}
        self._inks: dict[str, Style] = {}

    # -- what it shows -------------------------------------------------------------------------------------------------

    def show(self, rows: list[RunFacts], empty: str, *, stay: bool = True) -> None:
        """Takes the place of the rows that were shown.

        stay: the cursor stays on its run, where that one is still there; else it stays at its place.
        """
        chosen, cursor = self.chosen, self.cursor
        before = self.rows[self._first : self._first + self.size.height]
        self.rows, self.empty = rows, empty
        if stay and chosen is not None and not (cursor < len(rows) and rows[cursor].id == chosen.id):
            self.cursor = next((at for at, facts in enumerate(rows) if facts.id == chosen.id), cursor)
        self.cursor = max(0, min(self.cursor, len(rows) - 1))
        self._lay_out()
        now = rows[self._first : self._first + self.size.height]
        if len(now) != len(before) or not now:
            self.refresh()
        for at, (old, new) in enumerate(zip(before, now, strict=False), self._first):
            if old is not new or (at in (cursor, self.cursor) and cursor != self.cursor):
                self.refresh_line(at)
        if (chosen and chosen.id) != (self.chosen and self.chosen.id):
            self._scroll_to_cursor()
            self.post_message(self.Chosen())

    def show_value(self, name: str) -> None:
        """Shows one metric of every run; with '' what tells most of each."""
        self.value = name
        self.refresh()

    @property
    def chosen(self) -> RunFacts | None:
        """The run under the cursor."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    @property
    def _first(self) -> int:
        return self.scroll_offset.y

    def _lay_out(self) -> None:
        width = self.scrollable_content_region.width
        longest = max(map(len, map(attrgetter("called"), self.rows)), default=0)
        widths = run_columns.laid_out(width, longest)
        if widths != self.widths:
            self.widths = widths
            self.refresh()
        self.virtual_size = Size(width, len(self.rows))

    # -- the cursor and the marks --------------------------------------------------------------------------------------

    def _move_to(self, row: int) -> None:
        before, self.cursor = self.cursor, max(0, min(row, len(self.rows) - 1))
        self.refresh_line(before)
        self.refresh_line(self.cursor)
        self._scroll_to_cursor()
        if before != self.cursor:
            self.post_message(self.Chosen())

    def _scroll_to_cursor(self) -> None:
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True)

    def action_move(self, by: int) -> None:
        self._move_to(self.cursor + by)

    def action_page(self, by: int) -> None:
        self._move_to(self.cursor + by * max(1, self.scrollable_content_region.height - 1))

    def action_edge(self, end: int) -> None:
        self._move_to(len(self.rows) - 1 if end else 0)

    def action_open(self) -> None:
        if self.chosen:
            self.post_message(self.Opened())

    def action_mark(self) -> None:
        if self.chosen:
            self.marked ^= {self.chosen.id}
            self.refresh_line(self.cursor)
            self._move_to(self.cursor + 1)
            self.post_message(self.Marked())

    def action_mark_all(self) -> None:
        listed = {facts.id for facts in self.rows}
        self.mark(set() if listed <= self.marked else listed)

    def mark(self, ids: set[str]) -> None:
        """Marks these runs and no others."""
        self.marked = ids
        self.refresh()
        self.post_message(self.Marked())

    def on_click(self, event: events.Click) -> None:
        row = event.y + self._first
        if row < len(self.rows):
            again = row == self.cursor
            self._move_to(row)
            if again:
                self.action_open()

    # -- drawing -------------------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        self._lay_out()
        self._scroll_to_cursor()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._inks.clear()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        at = y + self._first
        if not self.rows:
            lines = wrapped(self.empty, max(8, width - 4))
            text = lines[y - 1] if 0 <= y - 1 < len(lines) else ""
            return Strip([Segment(pad(f"  {text}", width), self._ink("faint"))], width)
        if at >= len(self.rows):
            return Strip.blank(width, self._ink(""))
        cells = self._cells(self.rows[at])
        if at == self.cursor:
            cells = [(text, "cursor" if role != "marked" else role) for text, role in cells]
        segments = [Segment(text, self._ink(role)) for text, role in cells]
        return Strip(segments).crop_extend(0, width, self._ink("cursor" if at == self.cursor else ""))

    def _cells(self, facts: RunFacts) -> list[tuple[str, str]]:
        look = self.app.look
        kind = run_columns.kind(facts)
        mark = ("◆" if look.unicode else "*") if facts.id in self.marked else " "
        sign = (SIGNS if look.unicode else PLAIN_SIGNS)[kind]
        pin = (PIN if look.unicode else PLAIN_PIN) if facts.pinned else " "
        cells = [(mark, "marked"), (f"{sign}{pin}", kind)]
        kept = Kept(time.time(), self.value)
        roles = {"run": "run", "status": kind, "value": "value"}
        for name, size in self.widths.items():
            room = size - GAP if KINDS[name].right else size - 1
            cells.append(
                (placed(name, run_columns.text(name, facts, kept, room, look), size), roles.get(name, "faint"))
            )
        return cells

    def _ink(self, role: str) -> Style:
        """What a cell is drawn with, '' for the ground; kept, for to work it out takes longer than to draw a row."""
        if role not in self._inks:
            own = self.rich_style
            ink = own + self.get_component_rich_style(f"run-table--{role}") if role else own
            plain = role == "cursor" and self.app.look.colours == "none"
            self._inks[role] = ink + Style(reverse=True) if plain else ink
        return self._inks[role]


def placed(name: str, text: str, size: int) -> str:
    """Returns a cell's text at the side of its column where it belongs, with the gap after it."""
    return pad(text, size - GAP, "right") + " " * GAP if KINDS[name].right else pad(text, size)
