"""Bars, one a line, from zero to the right, or to the left where a value is negative."""

import math
from typing import NamedTuple

from rich.segment import Segment

from dltui.render import palette
from dltui.render.cells import FAINT, Line, cell_width, cut, filled, line_of, message, pad, shown
from dltui.render.number import number
from dltui.render.terminal_capabilities import TerminalCapabilities

THICKEST = 2


class _Pen(NamedTuple):
    """A whole cell of a bar, and the parts of one at its end, evenly growing from nothing."""

    whole: str
    right: tuple[str, ...]
    left: tuple[str, ...]


BLOCK = _Pen("█", ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉"), ("", "▐"))
STROKE = _Pen("━", ("", "╸"), ("", "╺"))  # bars on neighbouring lines stay apart
PLAIN = _Pen("#", ("",), ("",))
HOLLOW = {full: _Pen(sign, ("",), ("",)) for full, sign in ((BLOCK, "░"), (STROKE, "╌"), (PLAIN, "."))}


def render(payload: dict, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells. payload["values"]: (N,), payload["labels"]: N names.

    payload["hollow"]: numbers of bars that are only hinted at: of what is there no longer.
    """
    values = [float(value) for value in payload["values"]]
    labels = [shown(label) for label in payload.get("labels") or ()][: len(values)]
    labels += [str(index) for index in range(len(labels), len(values))]
    title = shown(payload.get("title") or "")
    if not values:
        return message("no bars", width, height, look)
    lines = [line_of(title, width, look, FAINT)] if title and height > 2 else []
    room = height - len(lines)
    count = len(values) if len(values) <= room else max(1, room - 1)
    pitch = max(1, min(THICKEST + 1, room // count))
    thick = max(1, pitch - 1)
    texts = [_text(value) for value in values[:count]]
    margin = min(max(map(cell_width, labels[:count])), width // 3)
    beyond = max(map(len, texts))
    long = width - margin - 1 - 1 - beyond
    drawn = _bars(values[:count], set(payload.get("hollow") or ()), max(0, long), pitch, look)
    for label, text, bar in zip(labels[:count], texts, drawn, strict=True):
        for part in range(thick):
            named = pad(cut(label, margin, look) if part == 0 else "", margin, "right") + " " if margin else ""
            after = f" {pad(text, beyond, 'right')}" if part == 0 else ""
            lines.append([Segment(named), *bar, Segment(after)])
        lines += [[] for _ in range(pitch - thick)]
    if count < len(values) and room > 1:
        lines.append(line_of(f"+{len(values) - count} more", width, look, FAINT))
    return filled(lines, width, height)


def _text(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e6 else number(value)


def _bars(
    values: list[float], hollow: set[int], long: int, pitch: int, look: TerminalCapabilities
) -> list[list[Segment]]:
    """One bar of `long` cells a value, all on one scale that holds zero; those of the numbers in `hollow` faint."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = min(0.0, *finite, 0.0), max(0.0, *finite, 0.0)
    scale = long / (high - low) if high > low else 0.0
    scale = scale if math.isfinite(scale) else 0.0  # values too near to zero to be told apart
    zero = round(-low * scale)
    inks = [palette.ink(palette.series(index), look) for index in range(2)]
    full = (BLOCK if pitch > 1 else STROKE) if look.unicode else PLAIN
    bars = []
    for place, value in enumerate(values):
        pen, (up, down) = (HOLLOW[full], (FAINT, FAINT)) if place in hollow else (full, inks)
        size = value * scale if math.isfinite(value) else 0.0
        if size < 0:
            bars.append([Segment(pad(_left(-size, pen), zero, "right"), down), Segment(" " * (long - zero))])
        else:
            bars.append([Segment(" " * zero), Segment(pad(_right(size, pen), long - zero), up)])
    return bars


def _right(size: float, pen: _Pen) -> str:
    whole, part = divmod(round(size * len(pen.right)), len(pen.right))
    return pen.whole * whole + pen.right[part]


def _left(size: float, pen: _Pen) -> str:
    whole, part = divmod(round(size * len(pen.left)), len(pen.left))
    return pen.left[part] + pen.whole * whole
