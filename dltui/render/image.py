"""Pictures and montages of pictures, in half-blocks."""

import math
from functools import cache
from typing import NamedTuple

import numpy as np

from dltui.render import colour as colours
from dltui.render import resample
from dltui.render.blocks import coloured, points_a_line, shaded
from dltui.render.cells import FAINT, Line, cell_width, cut, filled, line_of, message, pad, shown, wrapped
from dltui.render.palette import GREY
from dltui.render.terminal_capabilities import TerminalCapabilities

LEGIBLE = 12  # points that a picture of the montage should have at least: handwritten digits can be read from 11 or 12
COARSEST = 5  # points to which pictures shrink, so that of what belongs together not only a part is seen
FEW = 3  # pictures of a row that belong together, as a sample, noise and the attack that is their sum
LARGEST = 12  # times that a picture is enlarged at most
WHOLE, LOST = 3, 0.1  # whole multiples keep pixels equal: from WHOLE times on, and where no more of a side is LOST
ROOMY = 10  # lines from which on what is said above may take two
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


class Layout(NamedTuple):
    """How many pictures are shown, and their size in points; a point is as high as wide, half a cell."""

    rows: int
    columns: int
    height: int
    width: int
    gap: int  # points between rows of pictures; a caption is a row of text in their place
    absent: int = 0  # places at the end of the last row that hold no picture

    @property
    def number(self) -> int:
        """How many pictures are shown."""
        return self.rows * self.columns - self.absent


def render(payload: dict, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells. payload["pixels"]: (H, W) or (H, W, 3) uint8.

    The montage keeps its grid where a row of it has room; a single row breaks where that shows its pictures larger.
    Where not all pictures can be shown large enough, the last ones are left out, and the title says which are shown.
    payload["least"]: points that such a picture has at least. Where its rows have names and not all have room, what
    belongs together stands side by side.
    """
    pixels = np.asarray(payload["pixels"])
    rows, columns = max(1, int(payload.get("rows", 1))), max(1, int(payload.get("columns", 1)))
    cells = cells_of(pixels, rows, columns)  # (rows, H, columns, W, channels)
    captions = [shown(caption) for caption in payload.get("captions") or ()]
    names = [shown(name) for name in payload.get("row_titles") or ()][:rows]
    title = shown(payload.get("title") or "")
    captioned, least = bool(captions) and height >= 5, int(payload.get("least") or LEGIBLE)
    header = int(height >= 4 and bool(title or names))
    for _ in range(3):  # what is said takes lines, and what is seen decides what there is to say
        hung, words, layout = _hung(cells, captions, len(names), width, height - header, look, captioned, least)
        if not layout.rows or not layout.columns:
            return message("no picture", width, height, look)
        said = _said(title, names, layout, cells.shape, width, 1 + (height >= ROOMY), look) if height >= 4 else []
        if len(said) <= header:
            break
        header = len(said)
    drawn = _captioned(hung, layout, words, look) if captioned and layout.gap == 0 else _drawn(hung, layout, look)
    lines = [line_of(text, width, look, FAINT) for text in said[:header]]
    return filled(lines + drawn, width, height)


def _hung(
    cells: np.ndarray,
    captions: list[str],
    named: int,
    width: int,
    height: int,
    look: TerminalCapabilities,
    captioned: bool,
    least: int,
) -> tuple[np.ndarray, list[str], Layout]:
    """The cells and captions as they are hung, and their layout. named: rows of what belongs together, 0 for none."""
    rows = cells.shape[0]
    sizes = range(least, min(least, COARSEST) - 1, -1)
    if named != rows or rows == 1:
        columns = cells.shape[2]
        for smaller in sizes:
            across, layout = arranged(cells.shape, width, height, look, captioned=captioned, least=smaller)
            if columns > FEW or layout.number >= columns:
                break
        return in_rows(cells, across), captions, layout
    layout = laid_out(cells.shape, width, height, look, captioned=captioned, least=least)
    if layout.rows == rows:
        return cells, captions, layout
    cells, captions = _transposed(cells, captions)
    for smaller in sizes:  # of a pair both are seen, or neither says anything
        layout = laid_out(cells.shape, width, height, look, captioned=captioned, least=smaller)
        if layout.columns >= rows:
            break
    return cells, captions, layout._replace(columns=layout.columns // rows * rows or layout.columns)


def _transposed(cells: np.ndarray, captions: list[str]) -> tuple[np.ndarray, list[str]]:
    """(rows, H, columns, W, channels) -> one row (1, H, columns * rows, W, channels): each column after the other."""
    rows, high, columns, wide, channels = cells.shape
    one = np.moveaxis(cells, 0, 2).reshape(1, high, columns * rows, wide, channels)
    return one, [caption for column in range(columns) for caption in captions[column::columns]]


def _said(
    title: str,
    names: list[str],
    layout: Layout,
    shape: tuple[int, ...],
    width: int,
    most: int,
    look: TerminalCapabilities,
) -> list[str]:
    """What stands above: the title, what the rows hold, which pictures are shown where that is not all.

    The longest that has room on one line, else on `most`; which are shown is never cut.
    """
    rows, columns = shape[0], shape[2]
    turned = len(names) == rows > layout.rows
    if len(names) == rows > 1:
        sets = layout.columns // rows if turned else layout.columns
        which = span(sets, columns) if sets else span(layout.columns, rows * columns)
        names = names[: layout.columns] if turned and not sets else names
    else:
        which = span(layout.number, rows * columns)
    brief = " / ".join(names)
    told = [": ".join(filter(None, [title, _rows_named(names, turned)])), _rows_named(names, turned), brief]
    choices = [_lines(text, which, width) for text in dict.fromkeys(filter(None, told))]
    if not choices:
        return [which] if which else []
    for count in range(1, most + 1):
        if found := next((lines for lines in choices if len(lines) <= count), None):
            return found
    tail = f"  {which}" if which else ""
    return [cut(brief or title, max(0, width - len(tail)), look) + tail]


def _lines(text: str, which: str, width: int) -> list[str]:
    """A text in lines, and at its end which pictures are seen, never broken."""
    lines = [text] if cell_width(text) <= width else wrapped(text, width)
    if which and cell_width(lines[-1]) + 2 + len(which) <= width:
        lines[-1] += f"  {which}"
    elif which:
        lines.append(which)
    return lines


def span(number: int, total: int) -> str:
    """Returns which of `total` things in a row are seen, "" where all are."""
    return "" if number >= total else f"1-{number} of {total}" if number > 1 else f"{number} of {total}"


def _rows_named(names: list[str], side_by_side: bool) -> str:
    if len(names) == 2:
        first, second = ("left", "right") if side_by_side else ("above", "below")
        return f"{first} {names[0]}, {second} {names[1]}"
    return f"{'in turn' if side_by_side else 'rows'}: {', '.join(names)}" if names else ""


def cells_of(pixels: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """(rows * H, columns * W[, 3]) -> (rows, H, columns, W, channels); what does not divide evenly is left out."""
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    high, wide = pixels.shape[0] // rows, pixels.shape[1] // columns
    return pixels[: rows * high, : columns * wide].reshape(rows, high, columns, wide, channels)


def arranged(
    shape: tuple[int, ...], width: int, height: int, look: TerminalCapabilities, **how: object
) -> tuple[int, Layout]:
    """Returns (pictures in a row, layout) of a montage of shape (rows, H, columns, W, channels).

    As its grid is where the columns have room, else one after the other, in as many rows as show all largest, or most
    of them: whole rows of the grid where these are FEW. The last row may lack some. how: as in `laid_out`.
    """
    rows, high, columns, wide, channels = shape
    layout = laid_out(shape, width, height, look, **how)
    if rows > 1 and layout.columns == columns:
        return columns, layout
    number, found = rows * columns, []
    for across in range(max(1, min(number, width)), 0, -1):
        layout = laid_out((-(-number // across), high, across, wide, channels), width, height, look, **how)
        if layout.columns == across:
            seen = min(number, layout.rows * across)
            seen = seen // columns * columns or seen if columns <= FEW else seen
            down = -(-seen // across)
            layout = layout._replace(rows=down, absent=down * across - seen)
            found.append((seen, layout.width * layout.height, across, layout))
    return max(found)[2:] if found else (columns, layout)


def in_rows(cells: np.ndarray, across: int) -> np.ndarray:
    """(rows, H, columns, W, channels) -> the same pictures with `across` a row; places without a picture are black."""
    rows, high, columns, wide, channels = cells.shape
    if across == columns:
        return cells
    number = rows * columns
    one = np.zeros((-(-number // across) * across, high, wide, channels), cells.dtype)
    one[:number] = cells.swapaxes(1, 2).reshape(number, high, wide, channels)
    return one.reshape(-1, across, high, wide, channels).swapaxes(1, 2)


def laid_out(
    shape: tuple[int, ...],
    width: int,
    height: int,
    look: TerminalCapabilities,
    *,
    captioned: bool,
    even: bool = False,
    least: int = LEGIBLE,
) -> Layout:
    """The largest size at which all pictures of shape (rows, H, columns, W, channels) have room.

    Else the smallest legible one, and as many as have room. even: pictures and gaps take whole lines of cells.
    """
    rows, high, columns, wide, _ = shape
    if not (high and wide):
        return Layout(0, 0, 0, 0, 0)
    even |= captioned or points_a_line(look) == 1
    gap = 0 if captioned or rows == 1 else 2 if even else 1
    below = 2 * captioned
    room = 2 * height + gap

    def largest(rows: int, columns: int) -> float:
        """The scale at which so many pictures fill the room."""
        return min((width + 1) // columns - 1, LARGEST * wide) / wide, ((room // rows) - gap - below) / high

    scale = min(largest(rows, columns))
    legible = min(1.0, least / min(high, wide))
    if scale < legible:
        size = max(1, round(legible * high)), max(1, round(legible * wide))
        rows = max(1, min(rows, room // (size[0] + gap + below)))
        columns = max(1, min(columns, (width + 1) // (size[1] + 1)))
        scale = min(largest(rows, columns))
    scale = times(scale)
    point_height = max(1, int(scale * high + 1e-6))
    if even:
        point_height = max(2, point_height // 2 * 2)
    return Layout(rows, columns, min(point_height, 2 * height), min(width, max(1, int(scale * wide + 1e-6))), gap)


def times(scale: float) -> float:
    """Returns how many times a picture is enlarged that could be so `scale` times."""
    whole = math.floor(scale)
    return whole if whole >= 1 and (scale >= WHOLE or whole >= (1 - LOST) * scale) else scale


def sampled_at(cells: np.ndarray, layout: Layout, look: TerminalCapabilities) -> np.ndarray:
    """(rows, H, columns, W, channels) uint8 -> the shown ones in their new size (rows, h, columns, w, channels) uint8.

    Light is averaged, not its square root which a pixel holds: thin strokes stay as bright as they are.
    """
    shown_cells = cells[: layout.rows, :, : layout.columns]
    high = layout.height * points_a_line(look) // 2
    if layout.width % cells.shape[3] == 0 and high >= cells.shape[1]:
        by_rows = resample.nearest(np.moveaxis(shown_cells, (1, 3), (0, 1)), high, layout.width)
        return np.moveaxis(by_rows, (0, 1), (1, 3))
    light = np.square(np.moveaxis(shown_cells, (1, 3), (0, 1)), dtype=np.float32)  # (H, W, rows, columns, channels)
    sampled = resample.smooth(light, high, layout.width)
    return np.moveaxis((np.sqrt(np.maximum(sampled, 0)) + 0.5).astype(np.uint8), (0, 1), (1, 3))


def _drawn(cells: np.ndarray, layout: Layout, look: TerminalCapabilities) -> list[Line]:
    """The pictures on one sheet, with gaps that show the terminal's ground."""
    points = sampled_at(cells, layout, look)
    rows, high, columns, wide, _ = points.shape
    gap = layout.gap * points_a_line(look) // 2
    if look.colours == "none":
        sheet = np.full((rows, high + gap, columns, wide + 1), np.nan, np.float32)
        sheet[:, :high, :, :wide] = _lightness(points)
    else:
        sheet = np.full((rows, high + gap, columns, wide + 1), colours.NONE, np.int32)
        sheet[:, :high, :, :wide] = _codes(points, look)
    if layout.absent:
        sheet[-1, :, -layout.absent :] = np.nan if look.colours == "none" else colours.NONE
    sheet = sheet.reshape(rows * (high + gap), columns * (wide + 1))[: rows * (high + gap) - gap, :-1]
    if look.colours == "none":
        return shaded(sheet, look)
    odd = -len(sheet) % points_a_line(look)
    return coloured(np.pad(sheet, ((0, odd), (0, 0)), constant_values=colours.NONE), look)


def _captioned(cells: np.ndarray, layout: Layout, captions: list[str], look: TerminalCapabilities) -> list[Line]:
    """Rows of pictures, each with a row of captions beneath."""
    lines: list[Line] = []
    columns = cells.shape[2]
    for row in range(layout.rows):
        one = layout._replace(rows=1, absent=layout.absent * (row == layout.rows - 1))
        lines += _drawn(cells[row : row + 1], one, look)
        words = captions[row * columns : row * columns + layout.columns]
        text = " ".join(pad(cut(word, layout.width, look), layout.width) for word in words)
        lines.append(line_of(text, (layout.width + 1) * layout.columns - 1, look))
    return lines


def _lightness(points: np.ndarray) -> np.ndarray:
    """(..., channels) uint8 -> (...) in 0..1."""
    values = points[..., 0] if points.shape[-1] < 3 else (points[..., :3] * LUMA).sum(-1)
    return values / np.float32(255)


def _codes(points: np.ndarray, look: TerminalCapabilities) -> np.ndarray:
    if points.shape[-1] < 3:
        return _grey_codes(look)[points[..., 0]]
    return colours.codes(points[..., :3], look)


@cache
def _grey_codes(look: TerminalCapabilities) -> np.ndarray:
    """(256,) the code of each level of grey."""
    return GREY.codes(np.arange(256) / 255, look)
