"""Decision fields: what a net says of each point of the plane, with the data on top."""

import numpy as np

from dltui.render import axes, palette, resample
from dltui.render import colour as colours
from dltui.render.blocks import coloured, points_a_line, shaded
from dltui.render.cells import Line, filled, message
from dltui.render.legend import Entry, legend
from dltui.render.plane import numbered, places, titles
from dltui.render.terminal_capabilities import TerminalCapabilities

PLAIN_SHADES = " .:="  # light enough for the points to be seen on them
CROWD = 6  # cells to a point at least: more would hide the field
ARROWS, PLAIN_ARROWS = "→↗↑↖←↙↓↘", ">/^\\</v\\"  # anticlockwise, an eighth of a turn each


def render(payload: dict, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells. payload["values"]: (H, W), top row first: probabilities of class 1 as
    floats in 0..1, or class numbers. payload["points"]["dx"], ["dy"]: where points are drawn to, as arrows.
    """
    values = np.asarray(payload["values"])
    if values.ndim != 2 or not values.size:
        return message("no field", width, height, look)
    values = values if values.dtype.kind in "iufb" else values.astype(float)
    points = payload.get("points") or {}
    labels, classes = numbered(points.get("label", ()), payload.get("classes") or ())
    x_range, y_range = (tuple(map(float, payload.get(key) or (0, 1))) for key in "xy")
    roomy = width >= 24 and height >= 8
    aims = _aims(points, len(labels), look)
    key = _key(classes, set(labels[aims > 0].tolist()), width, look) if roomy else []
    named, left = titles(payload, height), height - len(key)
    columns, rows = axes.room(width, left, y_range, look, titled=bool(named[1])) if roomy else (width, height)
    glyphs, inks = _marked(points, labels, aims, x_range, y_range, columns, rows, look)
    lines = _ground(values, len(classes), rows, columns, glyphs, inks, look)
    if roomy:
        lines = axes.frame(lines, width, left, x_range, y_range, *named, look)
    return filled(key + lines, width, height)


def _aims(points: dict, count: int, look: TerminalCapabilities) -> np.ndarray:
    """The code points (count,) of the arrows along points["dx"], ["dy"]; 0 where there are none or they are NaN."""
    dx, dy = (np.asarray(points.get(key, ()), float) for key in ("dx", "dy"))
    if len(dx) != count or len(dy) != count:
        return np.zeros(count, np.uint32)
    known = np.isfinite(dx + dy) & ((dx != 0) | (dy != 0))
    eighths = np.rint(np.arctan2(np.where(known, dy, 0), np.where(known, dx, 1)) * (4 / np.pi)).astype(np.intp)
    signs = np.array([ord(sign) for sign in (ARROWS if look.unicode else PLAIN_ARROWS)], np.uint32)
    return np.where(known, signs[eighths % 8], 0)


def _key(classes: list[str], aiming: set[int], width: int, look: TerminalCapabilities) -> list[Line]:
    arrow = (ARROWS if look.unicode else PLAIN_ARROWS)[0]
    entries = [
        Entry(
            arrow if index in aiming else palette.mark(index), palette.ink(palette.series(index), look, bold=True), name
        )
        for index, name in enumerate(classes)
    ]
    return legend(entries, width, 1, look)


def _ground(
    values: np.ndarray,
    classes: int,
    rows: int,
    columns: int,
    glyphs: np.ndarray,
    inks: np.ndarray | None,
    look: TerminalCapabilities,
) -> list[Line]:
    high = rows * points_a_line(look)
    if values.dtype.kind in "iub" or (values.max() > 1 and np.array_equal(values, np.rint(values))):
        numbers = resample.nearest(values, high, columns).astype(np.intp)
        if look.colours == "none":
            return shaded(numbers % 4 / 4 + 0.01, look._replace(dark=True), glyphs, PLAIN_SHADES)
        grounds = np.array([palette.ground(index, look) for index in range(10)], np.int32)
        return coloured(grounds[numbers % 10], look, glyphs, inks)
    broken = not np.isfinite(values).all()
    sampled = (resample.nearest if broken else resample.smooth)(values, high, columns)
    if look.colours == "none":
        return shaded(sampled, look._replace(dark=True), glyphs, PLAIN_SHADES)
    return coloured(palette.diverging(look).codes(sampled, look), look, glyphs, inks)


def _marked(
    points: dict,
    labels: np.ndarray,
    aims: np.ndarray,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    columns: int,
    rows: int,
    look: TerminalCapabilities,
) -> tuple[np.ndarray, np.ndarray | None]:
    """(glyphs, inks), both (rows, columns): the points, evenly thinned where they would hide the field.

    inks are None in a palette of 16: it has no lighter and darker blue that could be told apart everywhere.
    """
    glyphs, inks = np.zeros((rows, columns), np.uint32), np.full((rows, columns), colours.NONE, np.int32)
    x, y = (np.asarray(points.get(key, ()), float) for key in "xy")
    if not len(x):
        return glyphs, inks
    most = max(1, rows * columns // CROWD)
    kept = np.unique(np.linspace(0, len(x) - 1, min(most, len(x))).astype(np.intp))
    across = np.rint(places(x[kept], *x_range, columns))
    down = np.rint(places(y[kept], *y_range[::-1], rows))
    inside = (across >= 0) & (across < columns) & (down >= 0) & (down < rows)
    where = down[inside].astype(np.intp), across[inside].astype(np.intp)
    number = labels[kept][inside] if len(labels) else np.zeros(inside.sum(), np.intp)
    marks = np.array([ord(palette.mark(index)) for index in range(10)], np.uint32)
    aimed = aims[kept][inside] if len(aims) else np.zeros(inside.sum(), np.uint32)
    glyphs[where] = np.where(aimed > 0, aimed, marks[number % 10])
    inks[where] = np.array([colours.code(_bright(index, look), look) for index in range(10)], np.int32)[number % 10]
    return glyphs, None if look.colours == "16" else inks


def _bright(index: int, look: TerminalCapabilities) -> str:
    """A class's colour, away from the ground, so that a point stands out from the field of its own class."""
    return palette.towards_ground(palette.series(index), 0.45, look._replace(dark=not look.dark))
