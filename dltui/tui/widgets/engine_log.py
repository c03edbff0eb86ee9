"""The engine's own output: the end of a run's engine.log."""

import os
from typing import ClassVar

from rich.segment import Segment
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from dltui import regular_file
from dltui.render.cells import FAINT, Line, shown
from dltui.runs.events import ANY
from dltui.runs.run import Run

MOST_BYTES = 1 << 16


class EngineLog(ScrollView, can_focus=True):
    """Scrolls with the arrows; at the bottom it follows what comes. Long lines are cut."""

    HELP: ClassVar[str] = (
        "Engine log\nWhat the engine's process printed: warnings of torch, and the traceback if it fell."
    )
    DEFAULT_CSS = """
    EngineLog { scrollbar-size-vertical: 1; overflow-x: hidden; }
    """
    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self, **kwargs: str):
        super().__init__(**kwargs)
        self._lines: list[Line] = []
        self._read = -1  # bytes of the file when it was read

    def show(self, run: Run) -> None:
        """Reads the end of the file if it has grown."""
        try:
            size = os.stat(run.engine_log).st_size
        except OSError:
            size = 0
        if size == self._read:
            return
        self._read = size
        follows = self.max_scroll_y - self.scroll_y <= 1
        self._lines = lines(run)
        self.virtual_size = Size(self.size.width, len(self._lines))
        self.refresh()
        if follows:
            self.scroll_end(animate=False, force=True)

    def render_line(self, y: int) -> Strip:
        place = y + round(self.scroll_y)
        line = self._lines[place] if place < len(self._lines) else []
        return Strip(line).adjust_cell_length(self.size.width).apply_style(self.rich_style)


def lines(run: Run) -> list[Line]:
    """Returns the last lines of the run's engine.log, made harmless."""
    try:
        with regular_file.opened(run.engine_log, ANY) as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - MOST_BYTES))
            found = file.read().decode("utf-8", "replace").splitlines()[1 if end > MOST_BYTES else 0 :]
    except OSError:
        found = []
    return [[Segment(shown(line))] for line in found] or [[Segment("The engine printed nothing.", FAINT)]]
