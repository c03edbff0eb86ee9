"""One row: at which steps there are pictures, which of them are seen, and whether that is now, then, or a replay."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style

from dltui.render import palette
from dltui.render.cells import FAINT, fit
from dltui.render.number import count
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.tui.run_watcher import Replay
from dltui.tui.sheet import SheetWidget


class Timeline(SheetWidget):
    """A line from step 0 to the last, a dot for every picture, the one that is seen made bright."""

    DEFAULT_CSS = """
    Timeline { height: 1; }
    """

    _drawn: tuple = ()  # what the line was drawn of

    def show(
        self,
        steps: Sequence[int],
        step: int | None,
        end: int,
        look: TerminalCapabilities,
        *,
        live: bool,
        replay: Replay | None,
    ) -> None:
        """steps: where pictures are, rising. step: whose pictures are seen, None for the newest. end: of the line."""
        wanted = (len(steps), *steps[-1:], step, end, look, live, self.size.width)
        wanted += (replay.over, replay.paused, replay.speed) if replay else ()
        if wanted == self._drawn:
            return
        self._drawn = wanted
        here = step if step is not None else (steps[-1] if steps else 0)
        state, colour = _state(step, here, live, replay)
        room = self.size.width - len(state) - 2
        line = _line(steps, here, end, room, look) if room >= 10 and steps else []
        style = palette.ink(colour, look, bold=True) if colour else FAINT
        self.sheet.show([fit([*line, Segment("  " if line else ""), Segment(state, style)], self.size.width)])


def _state(step: int | None, here: int, live: bool, replay: Replay | None) -> tuple[str, str]:
    """What stands at the right, and its colour."""
    if replay:
        word = "over" if replay.over else ("stands" if replay.paused else "runs")
        return f"replay {word}, speed {replay.speed:g}: < >   space, p ends it", palette.WARNING
    if step is not None:
        return f"pictures of step {count(here)}   , ;   end: newest", palette.WARNING
    return ("live   , earlier" if live else "newest   , earlier   p replay"), ""


def _line(steps: Sequence[int], here: int, end: int, width: int, look: TerminalCapabilities) -> list[Segment]:
    rail, dot, full = ("─", "•", "●") if look.unicode else ("-", "o", "O")
    end = max(end, steps[-1], 1)
    cells = [rail] * width
    for column in range(width):
        low, high = column / width * end, (column + 1) / width * end
        if bisect_left(steps, low) < bisect_right(steps, high if column == width - 1 else high - 1e-9):
            cells[column] = dot
    place = min(width - 1, int(here / end * width))
    text = "".join(cells)
    now = Style(bold=True) + palette.ink(palette.series(0), look)
    return [Segment(text[:place], FAINT), Segment(full, now), Segment(text[place + 1 :], FAINT)]
