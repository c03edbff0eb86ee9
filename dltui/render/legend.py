"""The key of a picture: signs with their meanings, as many as there is room for; how such entries flow over lines."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style

from dltui.render.cells import FAINT, Line, cell_width, cut, fit, shown
from dltui.render.terminal_capabilities import TerminalCapabilities

GAP = 2


class Entry(NamedTuple):
    """A sign, how it is drawn, and what it means."""

    sign: str
    style: Style
    text: str


def legend(entries: Sequence[Entry], width: int, most: int, look: TerminalCapabilities) -> list[Line]:
    """Returns at most `most` lines of `width` cells; entries that have no place are counted at the end.

    Where they do not all fit, they stand closer, and half of a doubled sign stands for it.
    """
    lines, left = flowed([_drawn(entry, " ", width, look) for entry in entries], GAP, width, most)
    if left:
        lines, _ = flowed([_drawn(*_closer(entry, look), width, look) for entry in entries], 1, width, most)
    return lines


def flowed(parts: Sequence[Line], gap: int, width: int, most: int, head: Line | None = None) -> tuple[list[Line], int]:
    """Returns parts side by side, `gap` cells between them, on at most `most` lines of `width` cells, and how many have
    no place there: these are counted at the end.

    head: what the first line begins with.
    """
    if most < 1 or not (parts or head):
        return [], len(parts)
    lines: list[Line] = [list(head or [])]
    used = _width(lines[0])
    for index, part in enumerate(parts):
        size, left = _width(part), len(parts) - index
        rest = f"{' ' * GAP}+{left}"
        last = len(lines) == most and left > 1
        if used and used + gap + size + (len(rest) if last else 0) > width:
            if len(lines) == most:
                lines[-1].append(Segment(rest, FAINT))
                return [fit(line, width) for line in lines], left
            lines.append([])
            used = 0
        if used:
            lines[-1].append(Segment(" " * gap))
            used += gap
        lines[-1] += part
        used += size
    return [fit(line, width) for line in lines], 0


def _width(line: Line) -> int:
    return sum(cell_width(segment.text) for segment in line)


def _closer(entry: Entry, look: TerminalCapabilities) -> tuple[Entry, str]:
    """An entry and what stands between its sign and its text; without colours every sign is needed whole."""
    sign = entry.sign
    doubled = look.colours != "none" and len(sign) == 2 and sign[0] == sign[1]
    return (entry._replace(sign=sign[0]), "") if doubled else (entry, " ")


def _drawn(entry: Entry, between: str, width: int, look: TerminalCapabilities) -> Line:
    """An entry in at most `width` cells: its text is cut where it is longer."""
    room = max(1, width - cell_width(entry.sign) - len(between))
    return [Segment(entry.sign, entry.style), Segment(f"{between}{cut(shown(entry.text), room, look)}")]
