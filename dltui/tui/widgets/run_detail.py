"""The run under the cursor in two lines: its whole id, when and on what it ran, what was noted about it, what was
changed for it, its fault."""

import time

from rich.segment import Segment
from rich.style import Style

from dltui.render import palette
from dltui.render.cells import FAINT, Line, cell_width, cut, fit, shown
from dltui.render.number import count
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs import annotations
from dltui.runs.facts import RunFacts
from dltui.tui.run_columns import changes
from dltui.tui.sheet import SheetWidget

BOLD = Style(bold=True)


class RunDetail(SheetWidget):
    """Two rows."""

    DEFAULT_CSS = """
    RunDetail { height: 2; padding: 0 1; background: $surface; }
    """

    def show(self, facts: RunFacts | None, look: TerminalCapabilities) -> None:
        """Shows a run; nothing where there is none."""
        width = self.content_size.width
        self.sheet.show(lines(facts, width, look) if facts else [[Segment(" " * width)]] * 2)


def lines(facts: RunFacts, width: int, look: TerminalCapabilities) -> list[Line]:
    """Returns two lines of `width` cells."""
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(facts.created))
    info = facts.info if facts.is_read else {}
    where = ", ".join(shown(info[name]) for name in ("data", "device") if info.get(name) and info[name] != "auto")
    state = facts.state if facts.is_read else None
    steps = f"step {count(state.step)} of {count(state.steps)}" if state and state.step < state.steps else ""
    about = "  ".join(filter(None, [when, steps, where, "the published size" if info.get("full") else ""]))
    noted = facts.annotations if facts.is_read else annotations.NONE
    words = f"{shown(noted.words)}  " if noted.words else ""
    first = [Segment(f"{shown(facts.id)}  "), Segment(words, BOLD), Segment(about, FAINT)]
    note = f"note: {shown(noted.note)}  " if noted.note else shown(noted.problem)
    error = shown(state.error) if state else ""
    changed = changes(facts) if state else ""
    if error:
        second = [Segment(cut(error, width, look), palette.ink(palette.BAD, look))]
    elif changed or note:
        head = "changed: " if changed else ""
        room = max(0, width - cell_width(note) - cell_width(head))
        second = [Segment(cut(note, width, look)), Segment(head, FAINT), Segment(cut(changed, room, look))]
    else:
        second = [Segment("as the recipe says" if state else "", FAINT)]
    return [fit(first, width), fit(second, width)]
