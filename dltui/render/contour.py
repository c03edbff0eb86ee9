"""A map of heights in bands, with the trails of those who go down on it: many trails on a small map each."""

import operator
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from rich.segment import Segment

from dltui.render import axes, palette, resample
from dltui.render import colour as colours
from dltui.render.blocks import coloured, points_a_line, shaded
from dltui.render.canvas import BITS, BRAILLE
from dltui.render.cells import FAINT, Line, beside, filled, fit, line_of, message, shown, stacked
from dltui.render.legend import Entry, legend
from dltui.render.plane import places, titles
from dltui.render.terminal_capabilities import TerminalCapabilities

BANDS = 12
PLAIN_SHADES = " .:-"  # light enough for the trails to be seen on them
SIGNS = "123456789abcdefghijklmnopqrstuvwxyz"  # one a trail where colours do not reach
LONGEST = 4  # widths of the map that one step of a trail is followed beyond it
MOST = 36  # trails
CROWDED = 3  # more trails than these hide one another on one map
TILE, GAP = (10, 3), 1  # cells and lines of a small map at least, and what sets them apart


def render(payload: dict, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells. payload["values"]: heights (H, W), top row first; ["names"] (N,) and
    ["trail_x"], ["trail_y"] (N, T): trails; ["marks"] {"x", "y"}: places of interest.

    A band holds as many points of the map as any other, so that steep and flat parts are both seen. More than three
    trails have a small map each, as far as there is room; those that stay at one place stand on all of them.
    """
    values = np.asarray(payload["values"], float)
    if values.ndim != 2 or not np.isfinite(values).any():
        return message("no map", width, height, look)
    x_range, y_range = (tuple(map(float, payload.get(key) or (0, 1))) for key in "xy")
    names = [shown(name) for name in payload.get("names") or ()][:MOST]
    ways = _ways(payload, len(names))
    named, across = titles(payload, height), _across(len(ways), width, height)
    if len(ways) > CROWDED and across:
        drawn = _Map(values, payload, x_range, y_range, look)
        return _small_maps(drawn, names, ways, across, width, height)
    roomy = width >= 24 and height >= 8
    key = _key(names, width, max(1, min(5, (height - 6) // 2)), look) if roomy else []
    left, titled = height - len(key), bool(named[1])
    columns, rows = axes.room(width, left, y_range, look, titled=titled) if roomy else (width, height)
    if rows < 1 or columns < 1:
        return filled(key, width, height)
    lines = _Map(values, payload, x_range, y_range, look).lines(range(len(names)), columns, rows)
    if roomy:
        lines = axes.frame(lines, width, left, x_range, y_range, *named, look)
    return filled(key + lines, width, height)


class _Map(NamedTuple):
    """The heights and the trails of a payload, and the part of the plane that they lie in."""

    values: np.ndarray
    payload: dict
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    look: TerminalCapabilities

    def lines(self, trails: Sequence[int], columns: int, rows: int) -> list[Line]:
        """The map on `columns` x `rows` cells with some of its trails."""
        glyphs, inks = _trails(self.payload, trails, self.x_range, self.y_range, columns, rows, self.look)
        _mark(self.payload, glyphs, inks, self.x_range, self.y_range, self.look)
        return _ground(self.values, columns, rows, glyphs, inks, self.look)

    def caption(self) -> str:
        """What is spanned to the right and upwards."""
        spans = [
            f"{shown(self.payload.get(f'{axis}_title') or axis)} {axes.label(low, (high - low) / 10)}"
            f" to {axes.label(high, (high - low) / 10)}"
            for axis, (low, high) in (("x", self.x_range), ("y", self.y_range))
        ]
        return ", up: ".join(spans)


def _ways(payload: dict, count: int) -> list[int]:
    """The numbers of the trails that lead somewhere, or have only begun."""
    x, y = (np.asarray(payload.get(f"trail_{axis}", ()), float) for axis in "xy")
    if x.ndim != 2 or x.shape != y.shape:
        return []
    leads = (x != x[:, :1]).any(1) | (y != y[:, :1]).any(1) | (x.shape[1] < 2)
    return [index for index in np.flatnonzero(leads).tolist() if index < count]


def _across(count: int, width: int, height: int) -> int:
    """How many small maps stand side by side, where they are largest; 0 where they have no room."""

    def least(columns: int) -> tuple[int, int]:
        """The cells of one and its lines."""
        rows = -(-count // columns)
        return (width - GAP * (columns - 1)) // columns, (height - 1) // rows - 1

    fitting = [columns for columns in range(1, count + 1) if all(map(operator.ge, least(columns), TILE))]
    return max(fitting, key=lambda columns: min(least(columns)[0], 2 * least(columns)[1]), default=0)


def _small_maps(
    drawn: _Map, names: Sequence[str], ways: Sequence[int], across: int, width: int, height: int
) -> list[Line]:
    """A map a trail of `ways` under its name, `across` of them side by side; the last line says what they span."""
    rows = -(-len(ways) // across)
    still = [index for index in range(len(names)) if index not in ways]
    columns, shelves = (width - GAP * (across - 1)) // across, []
    for row in range(rows):
        lines = (height - 1) // rows + (row < (height - 1) % rows)
        tiles = []
        for index in ways[row * across : (row + 1) * across]:
            ink = palette.ink(palette.series(index), drawn.look, bold=True)
            head = fit([Segment(f"{_sign(index, drawn.look)} {names[index]}", ink)], columns)
            tiles.append([head, *drawn.lines([*still, index], columns, lines - 1)])
        shelves.append(beside(tiles, GAP))
    return filled([*stacked(shelves), line_of(drawn.caption(), width, drawn.look, FAINT)], width, height)


def _key(names: list[str], width: int, most: int, look: TerminalCapabilities) -> list[Line]:
    entries = [
        Entry(_sign(index, look), palette.ink(palette.series(index), look, bold=True), name)
        for index, name in enumerate(names)
    ]
    return legend(entries, width, most, look)


def _sign(index: int, look: TerminalCapabilities) -> str:
    """The head of a trail."""
    return "●" if look.unicode and look.colours != "none" else SIGNS[index % len(SIGNS)]


def _ground(
    values: np.ndarray, columns: int, rows: int, glyphs: np.ndarray, inks: np.ndarray, look: TerminalCapabilities
) -> list[Line]:
    high = rows * points_a_line(look)
    known = values[np.isfinite(values)]
    edges = np.quantile(known, np.linspace(0, 1, BANDS + 1)[1:-1])
    least, most = known.min(), known.max()
    clean = np.nan_to_num(values, nan=most, posinf=most, neginf=least)
    bands = np.searchsorted(edges, resample.smooth(clean, high, columns)) / (BANDS - 1)  # (high, columns) in 0..1
    if look.colours == "none":
        return shaded(bands, look._replace(dark=True), glyphs, PLAIN_SHADES)
    return coloured(palette.relief(look).codes(bands, look), look, glyphs, inks)


def _trails(
    payload: dict,
    trails: Sequence[int],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    columns: int,
    rows: int,
    look: TerminalCapabilities,
) -> tuple[np.ndarray, np.ndarray]:
    """(glyphs, inks) of trails by their numbers, both (rows, columns). The last lies on top; heads lie on them all."""
    dots = np.zeros((4 * rows, 2 * columns), bool)
    glyphs = np.zeros((rows, columns), np.uint32)
    inks = np.full((rows, columns), colours.NONE, np.int32)
    x, y = (np.asarray(payload.get(f"trail_{axis}", ()), float) for axis in "xy")
    count = min(len(x), len(y)) if x.ndim == y.ndim == 2 else 0
    heads = []
    plain = look.colours == "none" or not look.unicode
    for index in (index for index in trails if index < count):
        across, down = _path(x[index], y[index], x_range, y_range, 2 * columns, 4 * rows)
        ink, sign = palette.code(palette.series(index), look), ord(_sign(index, look))
        if not len(across):
            continue
        cells = down // 4, across // 2
        inks[cells] = ink
        if plain:
            glyphs[cells] = sign
        dots[down, across] = True
        heads.append((cells[0][-1], cells[1][-1], sign, ink))
    if not plain:
        bits = np.einsum("rycx,yx->rc", dots.reshape(rows, 4, columns, 2), BITS, dtype=np.uint32, casting="unsafe")
        glyphs = np.where(bits > 0, bits + BRAILLE, 0).astype(np.uint32)
    for row, column, sign, ink in heads:
        glyphs[row, column], inks[row, column] = sign, ink
    return glyphs, inks


def _path(
    x: np.ndarray, y: np.ndarray, x_range: tuple[float, float], y_range: tuple[float, float], wide: int, high: int
) -> tuple[np.ndarray, np.ndarray]:
    """The dots (across, down) of a trail that lie on the map, joined by straight lines, in their order."""
    length = min(len(x), len(y))
    across, down = places(x[:length], *x_range, wide), places(y[:length], *y_range[::-1], high)
    known = np.isfinite(across + down)
    across = np.clip(across[known], -LONGEST * wide, LONGEST * wide)
    down = np.clip(down[known], -LONGEST * high, LONGEST * high)
    if not len(across):
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    lengths = np.maximum(np.abs(np.diff(across)), np.abs(np.diff(down)))
    way = np.concatenate([[0.0], np.cumsum(lengths)])
    at = np.append(np.arange(0, way[-1], 1.0), way[-1])
    across, down = np.rint(np.interp(at, way, across)), np.rint(np.interp(at, way, down))
    inside = (across >= 0) & (across < wide) & (down >= 0) & (down < high)
    return across[inside].astype(np.intp), down[inside].astype(np.intp)


def _mark(
    payload: dict,
    glyphs: np.ndarray,
    inks: np.ndarray,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    look: TerminalCapabilities,
) -> None:
    """Puts a cross on each place of interest that no trail lies on."""
    marks = payload.get("marks") or {}
    rows, columns = glyphs.shape
    for x, y in zip(marks.get("x", ()), marks.get("y", ()), strict=False):
        across = places(np.array([float(x)]), *x_range, columns)[0]
        down = places(np.array([float(y)]), *y_range[::-1], rows)[0]
        if np.isfinite(across + down) and 0 <= round(across) < columns and 0 <= round(down) < rows:
            place = round(down), round(across)
            if not glyphs[place]:
                glyphs[place] = ord("×" if look.unicode else "x")
                inks[place] = colours.code("#ffffff" if look.dark else "#000000", look)
