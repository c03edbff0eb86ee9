"""Small tables of numbers side by side, such as an input, a kernel and an output: cells are lit as they are used."""

from collections.abc import Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
from rich.segment import Segment
from rich.style import Style

from dltui.render import colour as colours
from dltui.render import heat, palette, plane
from dltui.render.blocks import coloured, points_a_line, shaded
from dltui.render.cells import (
    Line,
    beside,
    cell_width,
    cut,
    filled,
    fit,
    line_of,
    message,
    pad,
    shown,
    stacked,
    wrapped,
)
from dltui.render.number import short
from dltui.render.terminal_capabilities import TerminalCapabilities

MOST = 4096  # cells of a grid that can be drawn at all
HIGHEST = 3  # lines of a cell
SIGN_GAP = 1  # cells at each side of a sign
USED = "ox"  # without colours: a cell that is lit, and the one at hand


class _Grid(NamedTuple):
    title: str
    values: np.ndarray
    texts: list[list[str]]
    lit: set[tuple[int, int]]
    now: set[tuple[int, int]]
    edge: int
    digits: int

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.texts), len(self.texts[0])


class _Size(NamedTuple):
    """How cells are drawn: blanks around the number, lines, blanks between cells.

    shade: cells of a colour in the place of each number, 0 for numbers; of one cell's width it is a point.
    """

    room: int
    high: int
    gap: int
    shade: int = 0


SHADES = [_Size(0, 1, 0, 4), _Size(0, 1, 0, 2), _Size(0, 1, 0, 1)]


def render(payload: dict, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells. payload["grids"]: [{"values" (H, W), "lit", "now", ...}].

    Side by side where that has room, else the first above the others, else what no sign parts, else one above the
    other. Where they have no room with title and caption these give way, then the grids' names; where the numbers still
    have none, all grids are drawn as colours.
    """
    grids = [_grid(grid, look) for grid in payload["grids"]]
    grids = [grid for grid in grids if grid]
    if not grids:
        return message("no numbers", width, height, look)
    given = [shown(sign)[:2].strip() for sign in payload.get("signs") or ()]
    signs = [*given, *[""] * len(grids)][: len(grids) - 1]
    title = shown(payload.get("title") or "")
    head = [line_of(title, width, look, Style(bold=True))] if title and height >= 4 else []
    caption = shown(payload.get("caption") or "")
    foot = _foot(caption, width, height, look)
    line = [line_of(caption, width, look)] if foot else []
    words = ((head, foot), (head, line), (head, []), ([], []))  # the numbers are worth more, and so are their names
    for sizes, names, (above, below) in product((_sizes(look), SHADES), (("whole", "cut"), ("",)), words):
        drawn = _arranged(grids, signs, width, height - len(above) - len(below), sizes, names, look)
        if drawn:
            return filled([*above, *drawn, *below], width, height)
    values = grids[-1].values
    return heat.field(values, plane.span(values) or (0, 1), width, height, palette.SEQUENTIAL, look)


def _foot(caption: str, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """The caption, under a blank line where there is room; two lines are kept for it, so that grids do not jump."""
    if not caption or height < 5:
        return []
    most = 1 if height < 9 else 3
    lines = wrapped(caption, width)
    kept = [*lines[: most - 1], " ".join(lines[most - 1 :])] if len(lines) > most else lines
    least = min(most, 2)
    drawn = [line_of(line, width, look) for line in [*kept, *[""] * (least - len(kept))]]
    return [*([line_of("", width, look)] if height >= 12 else []), *drawn]


def _grid(grid: dict, look: TerminalCapabilities) -> _Grid | None:
    values = np.asarray(grid["values"], float)
    if values.ndim != 2 or not 0 < values.size <= MOST:
        return None
    empty = "·" if look.unicode else "."
    texts = [[empty if np.isnan(value) else short(value) for value in row] for row in values.tolist()]
    digits = max(int(grid.get("digits") or 0), max(len(text) for row in texts for text in row))
    lit, now = ({(int(row), int(column)) for row, column in grid.get(key) or ()} for key in ("lit", "now"))
    return _Grid(shown(grid.get("title") or ""), values, texts, lit, now, int(grid.get("edge") or 0), min(12, digits))


# -- where they stand --------------------------------------------------------------------------------------------------


def _sizes(look: TerminalCapabilities) -> list[_Size]:
    """From the largest; without colours a lit number stands in brackets, or at least behind one."""
    if look.colours == "none":
        return [_Size(4, 2, 0), _Size(3, 1, 0), _Size(2, 1, 0), _Size(1, 1, 0)]
    return [_Size(4, 3, 1), _Size(3, 2, 1), _Size(2, 1, 1), _Size(0, 1, 1)]


def _wide(grid: _Grid, size: _Size, named: str) -> int:
    """Cells of a grid's width; a whole name may be wider than the numbers beneath it."""
    each = size.shade or grid.digits + size.room + size.gap
    return max(grid.shape[1] * each - size.gap, cell_width(grid.title) if named == "whole" else 0)


def _high(grid: _Grid, size: _Size, named: str, look: TerminalCapabilities) -> int:
    """Lines of a grid's height, with its name."""
    rows = -(-grid.shape[0] // points_a_line(look)) if size.shade == 1 else grid.shape[0] * size.high
    return rows + bool(named and grid.title)


def _arranged(
    grids: list[_Grid],
    signs: list[str],
    width: int,
    height: int,
    sizes: list[_Size],
    names: tuple[str, ...],
    look: TerminalCapabilities,
) -> list[Line] | None:
    """The largest drawing of all grids that has room; None where there is none. names: how they may be named."""
    every = list(range(len(grids)))
    arrangements = [[every], *([[[0], every[1:]]] if len(grids) > 1 else []), _by_sign(signs), [[k] for k in every]]
    for named in names:
        for size in sizes:
            shapes = [(_wide(grid, size, named), _high(grid, size, named, look)) for grid in grids]
            for arrangement in arrangements:
                if _fits(shapes, signs, arrangement, size, width, height):
                    drawn = [_drawn(grid, size, named, look) for grid in grids]
                    return _middle(_joined(drawn, signs, arrangement, height), width, height)
    return None


def _by_sign(signs: list[str]) -> list[list[int]]:
    """Shelves of what no sign parts, such as the channels of a picture, and beneath them the slices of a kernel."""
    shelves = [[0]]
    for number, sign in enumerate(signs, 1):
        if sign:
            shelves.append([])
        shelves[-1].append(number)
    return shelves


def _fits(
    shapes: list[tuple[int, int]],
    signs: list[str],
    arrangement: Sequence[Sequence[int]],
    size: _Size,
    width: int,
    height: int,
) -> bool:
    high = (len(arrangement) - 1) * (size.high > 1)  # large cells that touch could not be told apart
    for row in arrangement:
        signed = [cell_width(signs[k - 1]) + SIGN_GAP for k in row if k and signs[k - 1]]
        if sum(shapes[k][0] for k in row) + SIGN_GAP * (len(row) - 1) + sum(signed) > width:
            return False
        high += max((shapes[k][1] for k in row), default=0)
    return high <= height


def _joined(drawn: list[list[Line]], signs: list[str], arrangement: Sequence[Sequence[int]], height: int) -> list[Line]:
    """Rows of grids, each grid but the first after its sign."""
    shelves = []
    for row in arrangement:
        high = max(len(drawn[number]) for number in row)
        parts = []
        for number in row:
            if number and signs[number - 1]:
                parts.append(_sign(signs[number - 1], high))
            parts.append(_centred(drawn[number], high))
        shelves.append(beside(parts, SIGN_GAP))
    lines = sum(map(len, shelves))
    return stacked(shelves, int(lines + len(shelves) - 1 <= height))


def _centred(lines: list[Line], high: int) -> list[Line]:
    above = (high - len(lines)) // 2
    blank = [[Segment(" " * _cells(lines[0]))]]
    return [*blank * above, *lines, *blank * (high - above - len(lines))]


def _sign(sign: str, high: int) -> list[Line]:
    return [[Segment(sign if row == high // 2 else " " * cell_width(sign), Style(bold=True))] for row in range(high)]


def _middle(lines: list[Line], width: int, height: int) -> list[Line]:
    """Lines in the middle of `height`, from the left."""
    above = (height - len(lines)) // 2
    return filled([*[[Segment("")]] * above, *lines], width, height)


def _cells(line: Line) -> int:
    return sum(segment.cell_length for segment in line)


# -- cells -------------------------------------------------------------------------------------------------------------


def _drawn(grid: _Grid, size: _Size, named: str, look: TerminalCapabilities) -> list[Line]:
    lines: list[Line] = []
    wide = _wide(grid, size, named)
    if named and grid.title:
        lines.append(fit([Segment(cut(grid.title, wide, look))], wide))
    if size.shade:
        return [*lines, *(fit(line, wide) for line in _shades(grid, size.shade, look))]
    for row, texts in enumerate(grid.texts):
        for part in range(size.high):
            line: Line = []
            for column, text in enumerate(texts):
                written = cut(text, grid.digits, look) if part == (size.high - 1) // 2 else ""
                line.append(_cell(written, size.room, grid, (row, column), look))
                line.append(Segment(" " * size.gap))
            lines.append(fit(line[:-1], wide))
    return lines


def _shades(grid: _Grid, wide: int, look: TerminalCapabilities) -> list[Line]:
    """The values as colours, `wide` cells each and a line, or a point each; what is used now stands out from them."""
    limits = plane.span(grid.values) or (0.0, 1.0)
    shares = (grid.values - limits[0]) / (limits[1] - limits[0])  # (H, W), NaN what is not known yet
    told = np.full(shares.shape, -1)  # number of what a cell is used for
    for number, places in enumerate((grid.lit, grid.now)):
        for row, column in places:
            if 0 <= row < told.shape[0] and 0 <= column < told.shape[1]:
                told[row, column] = number
    if look.colours == "none":
        glyphs = np.array([*map(ord, USED), 0], np.uint32)[told]
        return shaded(shares.repeat(wide, 1), look, glyphs.repeat(wide, 1))
    used = np.array([palette.code(palette.series(number), look) for number in range(len(USED))] + [0])
    codes = np.where(told >= 0, used[told], palette.GREY.codes(shares, look))
    points = np.kron(codes, np.ones((points_a_line(look) if wide > 1 else 1, wide), codes.dtype))
    odd = -len(points) % points_a_line(look)
    return coloured(np.pad(points, ((0, odd), (0, 0)), constant_values=colours.NONE), look)


def _cell(text: str, room: int, grid: _Grid, place: tuple[int, int], look: TerminalCapabilities) -> Segment:
    lit, now = place in grid.lit, place in grid.now
    rows, columns = grid.shape
    inside = grid.edge <= place[0] < rows - grid.edge and grid.edge <= place[1] < columns - grid.edge
    number = pad(text, grid.digits, "right") if text else ""
    if look.colours == "none":
        marks = "><" if now else "[]" if lit else "  "
        body = pad(f"{marks[0]}{text}{marks[1]}", grid.digits + 2, "right")[: grid.digits + room] if text else ""
        style = Style(bold=True) if now else None if inside or lit else Style(dim=True)
        return Segment(pad(body, grid.digits + room, "center"), style)
    if now:
        ground = palette.code(palette.series(1), look)
    elif lit:
        ground = palette.ground(1, look)
    else:
        ground = palette.ground(7, look) if inside else colours.NONE
    ink = colours.NONE if ground == colours.NONE else colours.readable(ground, look)
    return Segment(
        pad(number, grid.digits + room, "center"), colours.style(ink, ground, bold=now, dim=not (inside or lit or now))
    )
