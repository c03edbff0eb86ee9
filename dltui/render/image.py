"""Pictures and montages of pictures, in half-blocks."""

import math
from functools import cache
from typing import NamedTuple

import numpy as np

from dltui.render import colour as colours
from dltui.render import resample
from dltui.render.blocks import coloured, points_a_line, shaded
from dltui.render.cells import FAINT, Line, cut, filled, line_of, message, pad, shown
from dltui.render.palette import GREY
from dltui.render.terminal_capabilities import TerminalCapabilities

LEGIBLE = 12  # points that a picture of the montage should have at least: handwritten digits can be read from 11 or 12
LARGEST = 12  # times that a picture is enlarged at most
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)


class Layout(NamedTuple):
    """How many pictures are shown, and their size in points; a point is as high as wide, half a cell."""

    rows: int
    columns: int
    height: int
    width: int
    gap: int  # points between rows of pictures; a caption is a row of text in their place


def render(payload: dict, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells. payload["pixels"]: (H, W) or (H, W, 3) uint8.

    The montage keeps its grid: where not all pictures can be shown large enough, the last rows and columns are left
    out, and the title says how many are shown. payload["least"]: points that such a picture has at least. Where its
    rows have names and not all have room, what belongs together stands side by side.
    """
    pixels = np.asarray(payload["pixels"])
    rows, columns = max(1, int(payload.get("rows", 1))), max(1, int(payload.get("columns", 1)))
    cells = cells_of(pixels, rows, columns)  # (rows, H, columns, W, channels)
    captions = [shown(caption) for caption in payload.get("captions") or ()]
    names = [shown(name) for name in payload.get("row_titles") or ()]
    title = shown(payload.get("title") or "")
    header = int(height >= 4 and bool(title or names))
    fit = {"captioned": bool(captions) and height >= 5, "least": int(payload.get("least") or LEGIBLE)}
    layout = laid_out(cells.shape, width, height - header, look, **fit)
    side_by_side = len(names) == rows > layout.rows
    if side_by_side:
        cells, captions = _transposed(cells, captions)
        layout = laid_out(cells.shape, width, height - header, look, **fit)
        layout = layout._replace(columns=layout.columns // rows * rows or layout.columns)
    title = ": ".join(filter(None, [title, _rows_named(names, side_by_side)]))
    if layout.rows * layout.columns < rows * columns and height >= 4:
        if not header:
            header = 1
            layout = laid_out(cells.shape, width, height - header, look, **fit)
        title = f"{title}  " * bool(title) + f"{layout.rows * layout.columns} of {rows * columns}"
    if not layout.rows or not layout.columns:
        return message("no picture", width, height, look)
    captioned = bool(captions) and layout.gap == 0 and height >= 5
    drawn = _captioned(cells, layout, captions, look) if captioned else _drawn(cells, layout, look)
    lines = [line_of(title, width, look, FAINT)] if header else []
    return filled(lines + drawn, width, height)


def _transposed(cells: np.ndarray, captions: list[str]) -> tuple[np.ndarray, list[str]]:
    """(rows, H, columns, W, channels) -> one row (1, H, columns * rows, W, channels): each column after the other."""
    rows, high, columns, wide, channels = cells.shape
    one = np.moveaxis(cells, 0, 2).reshape(1, high, columns * rows, wide, channels)
    return one, [caption for column in range(columns) for caption in captions[column::columns]]


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


def laid_out(
    shape: tuple[int, ...],
    width: int,
    height: int,
    look: TerminalCapabilities,
    *,
    captioned: bool,
    least: int = LEGIBLE,
) -> Layout:
    """The largest size at which all pictures of shape (rows, H, columns, W, channels) have room.

    Else the smallest legible one, and as many as have room.
    """
    rows, high, columns, wide, _ = shape
    if not (high and wide):
        return Layout(0, 0, 0, 0, 0)
    even = captioned or points_a_line(look) == 1  # whole lines of cells only
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
    scale = math.floor(scale) if scale > 1 else scale  # whole multiples keep pixels equal
    point_height = max(1, int(scale * high + 1e-6))
    if even:
        point_height = max(2, point_height // 2 * 2)
    return Layout(rows, columns, min(point_height, 2 * height), min(width, max(1, int(scale * wide + 1e-6))), gap)


def sampled_at(cells: np.ndarray, layout: Layout, look: TerminalCapabilities) -> np.ndarray:
    """(rows, H, columns, W, channels) uint8 -> the shown ones in their new size (rows, h, columns, w, channels) uint8.

    Light is averaged, not its square root which a pixel holds: thin strokes stay as bright as they are.
    """
    shown_cells = cells[: layout.rows, :, : layout.columns]
    high = layout.height * points_a_line(look) // 2
    if layout.width >= cells.shape[3] and high >= cells.shape[1]:
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
        one = layout._replace(rows=1)
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
