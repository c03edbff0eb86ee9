"""Alignments: how much each word of a row looks at each word of the columns, as attention weights it."""

import numpy as np
from rich.segment import Segment
from rich.style import Style

from dltui.render import colour as colours
from dltui.render import palette
from dltui.render.cells import FAINT, Line, cell_width, cut, filled, line_of, message, pad, shown
from dltui.render.terminal_capabilities import TerminalCapabilities

WIDEST, HIGHEST = 10, 3  # cells of an entry
STAIRS = 4  # lines that the columns' words may be spread over
MOST = 120  # words of a side that can be drawn at all


def render(payload: dict, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells. payload["weights"]: (rows, columns) in 0..1; NaN: barred, or not yet.

    Numbers in the cells are percent. Words of the columns that are wider than these stand on stairs, each above its
    column. What has no room is left out at the end, and that is said.
    """
    weights = np.asarray(payload["weights"], float)
    if weights.ndim != 2 or not weights.size or max(weights.shape) > MOST:
        return message("no weights", width, height, look)
    rows, columns = (_words(payload, key, count) for key, count in zip(("rows", "columns"), weights.shape, strict=True))
    head = [line_of(text, width, look, style) for text, style in _titles(payload, look)][
        : max(0, height - 2 - len(rows))
    ]
    margin = min(max(map(cell_width, rows)), max(1, width // 4))
    room = height - len(head)
    fitting = min(len(columns), max(1, width - margin - 1))
    columns = columns[:fitting]
    wide = max(1, min(WIDEST, (width - margin - 1) // fitting))
    stairs = min(_stairs(columns, wide), max(1, room - len(rows)))
    lines_left = room - stairs
    if lines_left < 1 or width < margin + 2:
        return message("the words have no room", width, height, look)
    most = len(rows) if len(rows) <= lines_left else max(0, lines_left - 1)
    high = max(1, min(HIGHEST, lines_left // len(rows), wide // 2))
    lines = [*head, *_header(columns, wide, stairs, margin, width, look)]
    for word, row in zip(rows[:most], weights[:most, :fitting].tolist(), strict=True):
        for part in range(high):
            middle = part == (high - 1) // 2
            label = pad(cut(word, margin, look), margin, "right") if middle else " " * margin
            lines.append([Segment(label + " "), *(_cell(value, wide, middle, look) for value in row)])
    if most < len(rows):
        lines.append(line_of(f"+{len(rows) - most} more words", width, look, FAINT))
    return filled(lines, width, height)


def _words(payload: dict, key: str, count: int) -> list[str]:
    given = [shown(word) for word in payload.get(key) or ()][:count]
    return given + [""] * (count - len(given))


def _titles(payload: dict, look: TerminalCapabilities) -> list[tuple[str, Style]]:
    title, down, across = (shown(payload.get(key) or "") for key in ("title", "row_title", "column_title"))
    arrows = (" ↓", " →") if look.unicode else (" (down)", " (across)")
    sides = "   ".join(word + arrow for word, arrow in zip((down, across), arrows, strict=True) if word)
    return [(text, style) for text, style in ((title, Style(bold=True)), (sides, FAINT)) if text]


def _stairs(words: list[str], wide: int) -> int:
    """Lines on which no word runs into the next one of its line, at most STAIRS."""
    for stairs in range(1, STAIRS):
        if all(cell_width(word) < stairs * wide + (wide == 1) for word in words[:-1]):
            return stairs
    return STAIRS


def _header(
    words: list[str], wide: int, stairs: int, margin: int, width: int, look: TerminalCapabilities
) -> list[Line]:
    """The columns' words, the first of every `stairs` on the highest line; a stem leads from each to its column."""
    if stairs == 1:
        text = "".join(pad(cut(word, wide - (wide > 1), look), wide, "center") for word in words)
        return [[Segment(" " * (margin + 1)), Segment(text, FAINT)]]
    stem = "│" if look.unicode else "|"
    lines = []
    for line in range(stairs):
        text = ""
        for column, word in enumerate(words):
            start = column * wide
            step = column % stairs
            text += " " * max(0, start - cell_width(text))
            if step == line:
                left = min(stairs * wide - (wide > 1), width - margin - 1 - start)
                text += cut(word, left, look)
            elif step < line and cell_width(text) == start:
                text += stem
        lines.append([Segment(" " * (margin + 1)), Segment(text, FAINT)])
    return lines


def _cell(weight: float, wide: int, middle: bool, look: TerminalCapabilities) -> Segment:
    """Percent on a ground that tells the weight; a dot where there is none."""
    if not np.isfinite(weight):
        return Segment(pad(("·" if look.unicode else ".") if middle else "", wide, "center"), FAINT)
    share = min(1.0, max(0.0, weight))
    text = f"{100 * share:.0f}" if middle and wide >= 3 and share >= 0.005 else ""
    if look.colours == "none":
        ink = palette.SHADES[min(int(share * len(palette.SHADES)), len(palette.SHADES) - 1)]
        return Segment(pad(text, wide, "center") if text else ink * (wide - (wide > 1)) + " " * (wide > 1))
    ground = int(palette.SEQUENTIAL.codes(np.array(share), look))
    return Segment(pad(text, wide, "center"), colours.style(colours.readable(ground, look), ground))
