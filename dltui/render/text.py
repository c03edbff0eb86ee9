"""Text, wrapped between words."""

from rich.segment import Segment

from dltui.render.cells import FAINT, Line, cut, filled, line_of, wrapped
from dltui.render.terminal_capabilities import TerminalCapabilities


def render(payload: dict, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells; what is longer ends with the number of lines left out."""
    lines = wrapped(str(payload["text"]), width)
    drawn: list[Line] = [[Segment(cut(line, width, look))] for line in lines[:height]]
    if len(lines) > height > 1:
        drawn[-1] = line_of(f"+{len(lines) - height + 1} lines", width, look, FAINT)
    return filled(drawn, width, height)
