"""The newest pictures of a run, as many as have room, side by side where that shows them largest."""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style

from dltui.render import frames, palette, plots
from dltui.render.cells import FAINT, Line, beside, cell_width, cut, filled, fit, shown, stacked
from dltui.render.number import count
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.history import History
from dltui.runs.run import Run

LEAST = 28  # cells that a further picture wants on its shorter side, a line counting for two
GAP = 2
KEPT = 32  # drawn pictures, of which most frames need none anew

_drawn: dict[tuple, list[Line]] = {}


def render(history: History, run: Run, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells. All variants of the first pane are shown, further panes as they fit."""
    panes = list(dict.fromkeys(pane for _, pane in history.panes))
    chosen: list[tuple[str, str]] = []
    for pane in panes:
        more = [*chosen, *((series, name) for series, name in history.panes if name == pane)]
        if chosen and _side(len(more), *_arrangement(len(more), width, height), width, height) < LEAST:
            break
        chosen = more
    rows, columns = _arrangement(len(chosen), width, height)
    shelves = []
    for row in range(rows):
        inside = chosen[row * columns : (row + 1) * columns]
        share = height // rows + (row < height % rows)
        each = (width - GAP * (columns - 1)) // columns
        shelves.append(beside([_hung(history, run, key, each, share, look) for key in inside], GAP))
    return filled(stacked(shelves), width, height)


def _side(number: int, rows: int, columns: int, width: int, height: int) -> float:
    """How large a square each picture can hold, in cells; a line is as high as two cells are wide."""
    return min(width / columns - GAP, 2 * (height / rows - 1)) if number <= rows * columns else 0.0


def _arrangement(number: int, width: int, height: int) -> tuple[int, int]:
    """(rows, columns) in which `number` pictures are largest."""
    choices = [(-(-number // columns), columns) for columns in range(1, number + 1)]
    return max(choices, key=lambda choice: _side(number, *choice, width, height), default=(1, 1))


def _hung(
    history: History, run: Run, key: tuple[str, str], width: int, height: int, look: TerminalCapabilities
) -> list[Line]:
    """A picture beneath its name."""
    event = history.frames[key][-1]
    series, pane = shown(key[0]), shown(key[1])
    parts = [(pane, Style(bold=True)), (f"step {count(event['step'])}", FAINT)]
    if series:
        ink = palette.ink(plots.series_colour(history, key[0]), look, bold=True)
        parts = [(series, ink), (pane, Style()), parts[1]]
    title = [Segment(cut(parts[0][0], width, look), parts[0][1])]
    for text, style in parts[1:]:
        if sum(cell_width(segment.text) for segment in title) + 2 + cell_width(text) <= width:
            title += [Segment("  "), Segment(text, style)]
    return [fit(title, width), *_picture(event, run, width, height - 1, look)]


def _picture(event: dict, run: Run, width: int, height: int, look: TerminalCapabilities) -> Sequence[Line]:
    key = (run.path, event["seq"], width, height, look)
    lines = _drawn.pop(key, None)
    if lines is None:
        lines = frames.picture(event, run.frames, width, height, look)
    _drawn[key] = lines  # the last in, so the last to be thrown out
    while len(_drawn) > KEPT:
        del _drawn[next(iter(_drawn))]
    return lines
