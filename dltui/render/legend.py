"""The key of a picture: signs with their meanings, as many as there is room for."""

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
    lines, left = _set([(entry, " ") for entry in entries], GAP, width, most, look)
    if left:
        lines, _ = _set([_closer(entry, look) for entry in entries], 1, width, most, look)
    return [fit(line, width) for line in lines]


def _closer(entry: Entry, look: TerminalCapabilities) -> tuple[Entry, str]:
    """An entry and what stands between its sign and its text; without colours every sign is needed whole."""
    sign = entry.sign
    doubled = look.colours != "none" and len(sign) == 2 and sign[0] == sign[1]
    return (entry._replace(sign=sign[0]), "") if doubled else (entry, " ")


def _set(
    entries: list[tuple[Entry, str]], gap: int, width: int, most: int, look: TerminalCapabilities
) -> tuple[list[Line], int]:
    """Returns the lines, and how many entries have no place on them."""
    lines: list[Line] = []
    used = width + 1
    for index, (entry, between) in enumerate(entries):
        before = cell_width(entry.sign) + len(between)
        text = cut(shown(entry.text), max(1, width - before), look)
        size = before + cell_width(text)
        left = len(entries) - index
        rest = f"  +{left}"
        last = len(lines) == most and left > 1
        if used + gap + size + (len(rest) if last else 0) > width:
            if len(lines) >= most:
                if lines:
                    lines[-1].append(Segment(rest, FAINT))
                return lines, left
            lines.append([])
            used = -gap
        if used > 0:
            lines[-1].append(Segment(" " * gap))
        lines[-1] += [Segment(entry.sign, entry.style), Segment(f"{between}{text}")]
        used += gap + size
    return lines, 0
