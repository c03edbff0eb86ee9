"""Runs side by side, a column each: their summaries, and their configurations with the differences lit."""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.binding import Binding
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from dltui.render import palette
from dltui.render.cells import cell_width, cut, pad
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.tui.comparison import Row

LEAST, READABLE, MOST = 10, 14, 34  # cells of a run's column
GAP = 2
Cells = list[tuple[str, str]]  # (text, role); a role "series N" is the colour of a curve


class ConfigDiff(ScrollView, can_focus=True, inherit_bindings=False):
    """Its first line, the names of the runs, stays while the others scroll."""

    HELP = (
        "Side by side\n"
        "A column a run, its name in the colour of its curve. First what they reached, the best in green where it is "
        "known what is better; then what was configured differently, lit; then what they have in common."
    )
    BINDINGS: ClassVar[list[Binding]] = [
        Binding("up,k", "by(-1)", "Up", show=False, id="config_diff.up"),
        Binding("down,j", "by(1)", "Down", show=False, id="config_diff.down"),
        Binding("pageup", "page(-1)", "A page up", show=False, id="config_diff.page_up"),
        Binding("pagedown,space", "page(1)", "A page down", show=False, id="config_diff.page_down"),
        Binding("home", "edge(0)", "First", show=False, id="config_diff.first"),
        Binding("end", "edge(1)", "Last", show=False, id="config_diff.last"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"config-diff--{name}" for name in ("name", "heading", "lit", "best", "faint")
    }
    DEFAULT_CSS = """
    ConfigDiff {
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        padding: 0 1;
        .config-diff--name { color: $text-muted; }
        .config-diff--heading { color: $primary; text-style: bold; }
        .config-diff--lit { color: $warning; text-style: bold; }
        .config-diff--best { color: $success; text-style: bold; }
        .config-diff--faint { color: $text-muted; }
    }
    """

    def __init__(self, **names: str):
        super().__init__(**names)
        self.title = ""
        self.names: Sequence[str] = ()
        self.colours: Sequence[int] = ()
        self.rows: Sequence[Row] = ()
        self.first = 0  # the run in the first column
        self.columns = 0  # runs that have room
        self._head: Cells = []
        self._lines: list[Cells] = []

    def show(self, title: str, names: Sequence[str], colours: Sequence[int], rows: Sequence[Row]) -> None:
        """Shows `rows`. title: what all are runs of, '' where of several. colours: the number of each run's curve."""
        if (title, names, colours, rows) != (self.title, self.names, self.colours, self.rows):
            self.title, self.names, self.colours, self.rows = title, names, colours, rows
            self.lay_out()

    def shift(self, by: int) -> None:
        """Shows the runs `by` columns further, where not all have room."""
        first = max(0, min(self.first + by, len(self.names) - self.columns))
        if first != self.first:
            self.first = first
            self.lay_out()

    def lay_out(self) -> None:
        """Makes the lines anew."""
        width = self.scrollable_content_region.width
        if not width or not self.names:
            return
        key, size, self.columns = measured(self.names, self.rows, width)
        self.first = max(0, min(self.first, len(self.names) - self.columns))
        look, seen = self.app.look, range(self.first, self.first + self.columns)
        self._head = head(self.title, self.names, self.colours, seen, key, size, look)
        self._lines = [line(row, seen, key, size, look) for row in self.rows]
        self.virtual_size = Size(width, len(self._lines) + 1)
        self.refresh()

    def action_by(self, count: int) -> None:
        self.scroll_to(y=self.scroll_y + count, animate=False)

    def action_page(self, by: int) -> None:
        self.action_by(by * max(1, self.scrollable_content_region.height - 2))

    def action_edge(self, end: int) -> None:
        self.scroll_to(y=end * len(self._lines), animate=False)

    def on_resize(self) -> None:
        self.lay_out()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        at = y + self.scroll_offset.y - 1
        cells = self._head if y == 0 else self._lines[at] if at < len(self._lines) else []
        segments = [Segment(text, self._style(role)) for text, role in cells]
        return Strip(segments).adjust_cell_length(width).apply_style(self.rich_style)

    def _style(self, role: str):
        if role.startswith("series "):
            return palette.ink(palette.series(int(role[7:])), self.app.look, bold=True)
        return self.get_component_rich_style(f"config-diff--{role}") if role else None


def measured(names: Sequence[str], rows: Sequence[Row], width: int) -> tuple[int, int, int]:
    """Returns the cells of the first column and of each run's, and how many runs have room, one at least."""
    longest = max((cell_width(row.name) for row in rows if row.values), default=0)
    key = max(8, min(longest, width // 3))
    texts = [*names, *(text for row in rows if len(row.values) > 1 for text in row.values)]
    wanted = min(MOST, max(LEAST, max(map(cell_width, texts), default=0)))
    room = width - key
    count = max(1, min(len(names), room // (LEAST + GAP)))
    size = max(1, min(wanted, room // count - GAP))
    if count < len(names):  # then rather fewer runs that can be read
        count = max(1, min(count, room // (min(wanted, READABLE) + GAP)))
        size = max(1, min(wanted, room // count - GAP))
    return key, size, count


def head(
    title: str,
    names: Sequence[str],
    colours: Sequence[int],
    seen: range,
    key: int,
    size: int,
    look: TerminalCapabilities,
) -> Cells:
    """Returns the line of the runs' names; before them how many have no room at either side, else the title."""
    left, right = seen.start, len(names) - seen.stop
    arrows = ("←", "→") if look.unicode else ("<", ">")
    more = " ".join(f"{arrow} {count} more" for arrow, count in zip(arrows, (left, right), strict=True) if count)
    cells: Cells = [(pad(cut(more or title, key, look), key), "lit" if more else "heading")]
    for at in seen:
        name = names[at]
        while cell_width(name) > size:  # its end tells it from others
            name = ("…" if look.unicode else "~") + name[2:]
        cells += [(" " * GAP, ""), (pad(name, size, "right"), f"series {colours[at]}")]
    return cells


def line(row: Row, seen: range, key: int, size: int, look: TerminalCapabilities) -> Cells:
    """Returns a row as cells; the one value of what all have alike may take more than its column."""
    if not row.values:
        return [(row.name, "heading")]
    cells: Cells = [(pad(cut(row.name, key, look), key), "name")]
    if len(row.values) == 1:
        return [*cells, (" " * GAP + cut(row.values[0], len(seen) * (size + GAP) - GAP, look), "faint")]
    for at in seen:
        role = "best" if at in row.best else "lit" if row.lit else ""
        text = row.values[at] or ("–" if look.unicode else "-")
        cells += [(" " * GAP, ""), (pad(cut(text, size, look), size, "right"), role)]
    return cells
