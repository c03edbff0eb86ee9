"""The key of a picture: signs with their meanings, as many as there is room for."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style

from dltui.render.cells import FAINT, Line, cell_width, cut, fit, shown
from dltui.render.look import Look

GAP = 2


class Entry(NamedTuple):
    """A sign, how it is drawn, and what it means."""

    sign: str
    style: Style
    text: str


def legend(entries: Sequence[Entry], width: int, most: int, look: Look) -> list[Line]:
    """Returns at most `most` lines of `width` cells; entries that have no place are counted at the end."""
    lines: list[Line] = []
    used = width + 1
    for index, entry in enumerate(entries):
        room = max(1, width - cell_width(entry.sign) - 1)
        text = cut(shown(entry.text), room, look)
        size = cell_width(entry.sign) + 1 + cell_width(text)
        rest = f"  +{len(entries) - index}"
        last = len(lines) == most and index < len(entries) - 1
        if used + GAP + size + (len(rest) if last else 0) > width:
            if len(lines) >= most:
                if lines:
                    lines[-1].append(Segment(rest, FAINT))
                break
            lines.append([])
            used = -GAP
        if used > 0:
            lines[-1].append(Segment(" " * GAP))
        lines[-1] += [Segment(entry.sign, entry.style), Segment(f" {text}")]
        used += GAP + size
    return [fit(line, width) for line in lines]
