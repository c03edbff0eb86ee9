"""The run under the cursor in two lines: its whole id, when and on what it ran, what was changed for it, its fault."""

import time

from rich.segment import Segment

from dltui.render import palette
from dltui.render.cells import FAINT, Line, cell_width, cut, fit, shown
from dltui.render.number import count
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.facts import RunFacts
from dltui.tui.run_columns import changes
from dltui.tui.sheet import SheetWidget


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
    first = [Segment(f"{shown(facts.id)}  "), Segment(about, FAINT)]
    error = shown(state.error) if state else ""
    changed = changes(facts) if state else ""
    if error:
        second = [Segment(cut(error, width, look), palette.ink(palette.BAD, look))]
    elif changed:
        head = "changed: "
        second = [Segment(head, FAINT), Segment(cut(changed, max(0, width - cell_width(head)), look))]
    else:
        second = [Segment("as the recipe says" if state else "", FAINT)]
    return [fit(first, width), fit(second, width)]
