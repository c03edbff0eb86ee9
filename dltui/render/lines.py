"""Curves of y over x with axes, such as a ROC curve."""

import numpy as np

from dltui.render import axes, palette
from dltui.render.canvas import Canvas, interleaved
from dltui.render.cells import Line, filled, message, shown
from dltui.render.legend import Entry, legend
from dltui.render.plane import places, span
from dltui.render.terminal_capabilities import TerminalCapabilities

DASHES = ((1, 1), (6, 4), (3, 2), (9, 2), (2, 3))  # (period, drawn) where there are no colours to tell curves apart
MOST_DOTS = 200_000  # of a curve: beyond, its points are not joined


def render(payload: dict, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells. payload["curves"]: [{"name", "x" (N,), "y" (N,)}]; NaN is a gap."""
    curves = [(shown(curve.get("name", "")), *_points(curve)) for curve in payload["curves"]]
    log_x, log_y = bool(payload.get("log_x")), bool(payload.get("log_y"))
    empty = np.zeros(0)
    x_range = span(np.concatenate([empty, *(x for _, x, _ in curves)]), log=log_x)
    y_range = span(np.concatenate([empty, *(y for _, _, y in curves)]), log=log_y)
    if x_range is None or y_range is None:
        return message("no curve", width, height, look)
    roomy = width >= 24 and height >= 8
    keyed = width >= 12 and height >= 8
    key = _key([name for name, _, _ in curves], width, max(1, min(5, (height - 6) // 2)), look) if keyed else []
    titles = [shown(payload.get(f"{axis}_title") or "") for axis in "xy"]
    left = height - len(key)
    room = axes.room(width, left, y_range, look, titled=bool(titles[1]), log_y=log_y) if roomy else (width, left)
    layers = [Canvas(*room, look) for _ in curves]  # the first curve lies on top
    for index, (layer, (_, x, y)) in enumerate(zip(layers, curves, strict=True)):
        across = places(x, *x_range, layer.width, log=log_x)
        down = places(y, *y_range[::-1], layer.height, log=log_y)
        _draw(layer, across, down, index)
    lines = interleaved(layers).lines()
    if roomy:
        lines = axes.frame(lines, width, left, x_range, y_range, *titles, look, log_x, log_y)
    return filled(key + lines, width, height)


def _points(curve: dict) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(curve["x"], float), np.asarray(curve["y"], float)
    count = min(len(x), len(y))
    return x[:count], y[:count]


def _key(names: list[str], width: int, most: int, look: TerminalCapabilities) -> list[Line]:
    if look.colours == "none":
        samples = ("━━", "╍╍", "┅┅", "━╸", "╺ ") if look.unicode else ("--", "- ", "-.", "~~", ". ")
    else:
        samples = ("━━" if look.unicode else "--",)
    entries = [
        Entry(samples[index % len(samples)], palette.ink(palette.series(index), look), name)
        for index, name in enumerate(names)
    ]
    return legend(entries, width, most, look)


def _draw(canvas: Canvas, across: np.ndarray, down: np.ndarray, index: int) -> None:
    """Joins the points by straight lines; a point without a place ends a line."""
    period, drawn = DASHES[index % len(DASHES)] if canvas.look.colours == "none" else DASHES[0]
    across, down = np.rint(across), np.rint(down)
    known = np.isfinite(across + down)
    for part in np.split(np.arange(len(known)), np.flatnonzero(~known)):
        part = part[known[part]]
        x, y = across[part], down[part]
        if not len(x):
            continue
        steps = np.concatenate([[0], np.cumsum(np.maximum(np.abs(np.diff(x)), np.abs(np.diff(y))))])
        if 0 < steps[-1] <= MOST_DOTS:
            at = np.arange(steps[-1] + 1)
            at = at[at % period < drawn]
            x, y = np.rint(np.interp(at, steps, x)), np.rint(np.interp(at, steps, y))
        canvas.dots(x, y, palette.ink(palette.series(index), canvas.look))
