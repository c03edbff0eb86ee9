"""Spectrograms: time to the right, frequency upwards, loudness as colour, and the file that lets one hear it."""

import math
from collections.abc import Callable

import numpy as np
from rich.segment import Segment

from dltui.render import axes, palette, resample
from dltui.render.blocks import coloured, points_a_line, shaded
from dltui.render.cells import FAINT, Line, beside, cell_width, filled, line_of, message, shown
from dltui.render.terminal_capabilities import TerminalCapabilities

BAR = 8  # cells of the scale of loudness
TICKS = (0, 50, 100, 200, 500, 1000, 2000, 4000, 8000, 16000)  # Hz, where rows are no equal steps of it


def render(payload: dict, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells. payload["values"]: (F, T) dB, lowest frequency first; NaN stays blank.

    A point shows the loudest of what it covers: a mean would hide a tone among the silent bins around it.
    """
    values = np.asarray(payload["values"], float)
    low, high = map(float, payload["db"])
    if values.ndim != 2 or not values.size or not high > low:
        return message("no sound", width, height, look)
    shares = (np.clip(values, low, high) - low) / (high - low)  # silence, -inf dB, is the lowest
    hz, seconds = (tuple(map(float, payload[key])) for key in ("hz", "seconds"))
    roomy = width >= 24 and height >= 8
    if not roomy:
        return filled(_field(shares[::-1], width, height, look), width, height)
    sound = shown(payload.get("sound") or "")
    foot = [line_of(f"to hear it: frames/{sound}", width, look, FAINT)] if sound and height >= 12 else []
    head = [_header(shown(payload.get("title") or ""), low, high, width, look)]
    inner = height - len(head) - len(foot)
    rows = axes.room(width, inner, hz, look)[1]
    scale = SCALES.get(payload.get("scale"))
    ticks = _uneven_labels(rows, hz, scale) if scale else axes.y_labels(rows, hz)
    margin = max(map(len, ticks.values()), default=0)
    columns = axes.room(width, inner, hz, look, margin=margin)[0]
    field = _field(shares[::-1], columns, rows, look)
    framed = axes.frame(field, width, inner, seconds, hz, "seconds", "", look, margin=margin, y_ticks=ticks)
    return filled(head + framed + foot, width, height)


def _field(shares: np.ndarray, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """shares (F, T), the highest frequency first -> `height` lines."""
    high = height * points_a_line(look)
    for axis, count in ((0, high), (1, width)):
        if shares.shape[axis] > count:
            starts = np.linspace(0, shares.shape[axis], count + 1)[:-1].astype(np.intp)
            shares = np.fmax.reduceat(shares, starts, axis)
    shares = resample.nearest(shares, high, width)
    if look.colours == "none":
        return shaded(shares, look)
    return coloured(palette.SEQUENTIAL.codes(shares, look), look)


def _header(title: str, low: float, high: float, width: int, look: TerminalCapabilities) -> Line:
    """What is shown, and at the right the colours from silent to loud."""
    bar = _field(np.linspace(0, 1, BAR)[None], BAR, 1, look)
    before, after = f" {axes.label(low)} ", f" {axes.label(high)} dB"
    taken = cell_width(before) + BAR + cell_width(after)
    if taken > width:
        return line_of(title, width, look, FAINT)
    text = f"Hz  {title}".rstrip()
    scale = [[Segment(before, FAINT), *bar[0], Segment(after, FAINT)]]
    return beside([[line_of(text, width - taken, look, FAINT)], scale], 0)[0]


def _uneven_labels(rows: int, hz: tuple[float, float], scale: Callable[[float], float]) -> dict[int, str]:
    """Row -> tick for rows that divide scale(hz) evenly."""
    low, high = map(scale, hz)
    placed: dict[int, str] = {}
    for tick in TICKS:
        if hz[0] <= tick <= hz[1] and high > low:
            row = min(rows - 1, int((1 - (scale(tick) - low) / (high - low)) * rows))
            if not any(near in placed for near in (row - 1, row, row + 1)):
                placed[row] = axes.label(tick)
    return placed


def _mel(hz: float) -> float:
    return 1125 * math.log(1 + max(0.0, hz) / 700)


def _octaves(hz: float) -> float:
    return math.log2(max(1e-3, hz))


SCALES = {"mel": _mel, "log": _octaves}
