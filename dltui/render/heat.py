"""A matrix as a field of colours, with the scale beside it."""

import numpy as np
from rich.segment import Segment

from dltui.render import axes, image, palette, resample
from dltui.render.blocks import coloured, points_a_line, shaded
from dltui.render.cells import FAINT, Line, beside, filled, line_of, message, pad, shown
from dltui.render.plane import span
from dltui.render.terminal_capabilities import TerminalCapabilities

PICTURE = 8  # values from which on a matrix is looked at as a picture, so that its shape counts
BAR = 2  # cells of the scale's width


def render(payload: dict, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells. payload["values"]: (H, W), top row first; NaN stays blank.

    Where there are values on both sides of zero, zero is the middle of the scale.
    """
    values = np.asarray(payload["values"], float)
    limits = span(values) if values.ndim == 2 else None
    if limits is None:
        return message("no values", width, height, look)
    values = np.where(np.isfinite(values), np.clip(values, *limits), np.nan)
    signed = np.nanmin(values) < 0 < np.nanmax(values)
    if signed:
        limits = (-max(map(abs, limits)), max(map(abs, limits)))
    colour_map = palette.diverging(look) if signed else palette.SEQUENTIAL
    titles = [shown(payload.get(f"{axis}_title") or "") for axis in "xy"]
    roomy = width >= 24 and height >= 6
    top, bottom = int(roomy and bool(titles[1])), int(roomy and bool(titles[0]))
    rows = height - top - bottom
    scale = _scale(limits, rows, colour_map, look) if roomy else []
    taken = sum(len(segment.text) for segment in scale[0]) + 1 if scale else 0
    square = min(values.shape) >= PICTURE and not all(titles)  # sides with names of their own are different things
    drawn = field(values, limits, width - taken, rows, colour_map, look, square=square)
    lines = beside([drawn, scale], 1) if scale else drawn
    if top:
        lines.insert(0, line_of(titles[1], width, look, FAINT))
    if bottom:
        lines.append(line_of(titles[0], width - taken, look, FAINT, "right"))
    return filled(lines, width, height)


def field(
    values: np.ndarray,
    limits: tuple[float, float],
    width: int,
    height: int,
    colour_map: palette.ColourMap,
    look: TerminalCapabilities,
    *,
    square: bool = False,
) -> list[Line]:
    """Returns `height` lines of `width` cells: each of the values (H, W) a rectangle of equal size where all have room.

    Else the means of what a point covers. limits: the values at the ends of the colours. square: rectangles are squares
    where that can be.
    """
    a_line = points_a_line(look)
    high = height * a_line
    times = high // values.shape[0], width // values.shape[1]
    scale = image.times(min(2 * height / values.shape[0], width / values.shape[1]))  # a cell is as wide as half a line
    if square and scale >= 1:
        sampled = resample.nearest(values, int(scale * values.shape[0] * a_line / 2), int(scale * values.shape[1]))
    elif min(times) >= 1:
        sampled = resample.nearest(values, values.shape[0] * times[0], values.shape[1] * times[1])
    elif np.isfinite(values).all():
        sampled = resample.smooth(values, min(high, values.shape[0]), min(width, values.shape[1]))
    else:
        sampled = resample.nearest(values, min(high, values.shape[0]), min(width, values.shape[1]))
    shares = (sampled - limits[0]) / (limits[1] - limits[0])
    return filled(_drawn(shares, colour_map, look), width, height)


def _drawn(shares: np.ndarray, colour_map: palette.ColourMap, look: TerminalCapabilities) -> list[Line]:
    if look.colours == "none":
        return shaded(shares, look)
    odd = -len(shares) % points_a_line(look)
    return coloured(colour_map.codes(np.pad(shares, ((0, odd), (0, 0)), constant_values=np.nan), look), look)


def _scale(
    limits: tuple[float, float], rows: int, colour_map: palette.ColourMap, look: TerminalCapabilities
) -> list[Line]:
    """The colours from the greatest value at the top to the least, with their values."""
    high = rows * points_a_line(look)
    bar = _drawn(np.repeat(np.linspace(1, 0, high)[:, None], BAR, 1), colour_map, look)
    labels = axes.y_labels(rows, limits)
    wide = max(map(len, labels.values()), default=0)
    return [[*line, Segment(" " + pad(labels.get(row, ""), wide), FAINT)] for row, line in enumerate(bar)]
