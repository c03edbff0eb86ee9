"""The titles over the list of runs."""

from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from dltui.render.cells import cut
from dltui.tui import run_columns
from dltui.tui.sheet import Unchanged
from dltui.tui.widgets.run_table import GAP, KINDS, RunTable, placed


class TableHead(Unchanged, Widget):
    """The titles over a RunTable, with an arrow at the one that it is sorted by."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"table-head--sorted"}
    DEFAULT_CSS = """
    TableHead {
        height: 1;
        color: $text-muted;
        background: $panel;
        .table-head--sorted { color: $primary; text-style: bold; }
    }
    """

    class Chosen(Message):
        """A title was clicked at."""

        def __init__(self, name: str):
            super().__init__()
            self.name = name

    def __init__(self, table: RunTable):
        super().__init__()
        self.table = table
        self.by, self.down = "age", False

    def show(self, by: str, down: bool) -> None:
        """Shows what the table is sorted by, over the columns that it has now."""
        self.by, self.down = by, down
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        at = run_columns.SIGNS
        for name, size in self.table.widths.items():
            if at <= event.x < at + size:
                self.post_message(self.Chosen(name))
            at += size

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        look = self.app.look
        segments = [Segment(" " * run_columns.SIGNS)]
        for name, size in self.table.widths.items():
            title = self.table.value if name == "value" and self.table.value else KINDS[name].title
            if name == self.by:
                title += (" ↓" if self.down else " ↑") if look.unicode else (" v" if self.down else " ^")
            style = self.get_component_rich_style("table-head--sorted") if name == self.by else None
            title = cut(title, size - GAP if KINDS[name].right else size - 1, look)
            segments.append(Segment(placed(name, title, size), style))
        return Strip(segments).adjust_cell_length(self.size.width).apply_style(self.rich_style)
