"""Pictures with boxes around what was found in them, points upon them, and colours over what was marked."""

from typing import NamedTuple

import numpy as np

from dltui.render import colour as colours
from dltui.render import image, palette
from dltui.render.blocks import coloured, points_a_line, shaded
from dltui.render.cells import FAINT, Line, cell_width, cut, filled, line_of, message, pad, shown
from dltui.render.legend import Entry, legend
from dltui.render.terminal_capabilities import TerminalCapabilities

TINT = 0.6  # share of the class's colour where a picture is covered
NAMED = 16  # points that a picture is wide at least, for its boxes to have names
SIDES = {False: "┌─┐│└┘", True: "┌╌┐╎└┘"}  # of a box, whether it is dashed: thin, so that the picture stays visible
PLAIN = "+-+|++"  # where there is no Unicode
WIDE, TALL = ord("-"), ord("|")  # a box's sides, where there are no colours
SIGNS = "123456789abcdefghijklmnopqrstuvwxyz"  # one a class there: no shade of a picture looks like these
COVERED = 64  # of 255: light of a class from which on a point is its own


class _Sheet(NamedTuple):
    """A row of pictures on its way to lines: points (h, w) as codes or levels, and characters that lie on top."""

    points: np.ndarray
    glyphs: np.ndarray  # (lines, w)
    inks: np.ndarray  # (lines, w): codes of the glyphs' colours, NONE for what is read best


def render(payload: dict, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells: the montage, a line of captions below each row, the classes' key."""
    pixels = np.asarray(payload["pixels"])
    rows, columns = max(1, int(payload.get("rows", 1))), max(1, int(payload.get("columns", 1)))
    cells = image.cells_of(_tinted(pixels, payload.get("masks")), rows, columns)  # (rows, H, columns, W, 3)
    title = [line_of(shown(payload["title"]), width, look, FAINT)] if payload.get("title") and height >= 6 else []
    key = _key(payload.get("classes") or (), width, look) if height >= 6 else []
    room = height - len(title) - len(key)
    layout = image.laid_out(cells.shape, width, room, look, captioned=room >= 3)
    if not layout.rows or not layout.columns:
        return message("no picture", width, height, look)
    points = image.sampled_at(cells, layout, look)  # (rows, h, columns, w, 3)
    signs = _signs(payload.get("masks"), rows, columns, layout, look)
    captions = [shown(caption) for caption in payload.get("captions") or ()]
    boxes, marks = payload.get("boxes") or (), payload.get("points") or ()
    drawn: list[Line] = []
    for row in range(layout.rows):
        sheet = _sheet(points[row], look)
        if signs is not None:
            sheet.glyphs[:] = _side_by_side(signs[row])
        for box in boxes:
            if 0 <= box["cell"] - row * columns < layout.columns:
                _draw(sheet, box, box["cell"] - row * columns, points.shape[1:4], cells.shape[1:4], look)
        for mark in marks:
            if 0 <= mark["cell"] - row * columns < layout.columns:
                _mark(sheet, mark, mark["cell"] - row * columns, points.shape[1:4], cells.shape[1:4], look)
        drawn += _lines(sheet, look)
        if room >= 3:
            words = captions[row * columns : row * columns + layout.columns]
            text = " ".join(pad(cut(word, layout.width, look), layout.width) for word in words)
            drawn.append(line_of(text, width, look))
    return filled(title + drawn[:room] + key, width, height)


def _tinted(pixels: np.ndarray, masks: object) -> np.ndarray:
    """(H, W[, 3]) uint8 -> (H, W, 3) uint8, the colour of its class over every pixel that has one."""
    pixels = pixels[..., None].repeat(3, -1) if pixels.ndim == 2 else pixels[..., :3]
    if masks is None:
        return pixels
    masks = np.asarray(masks)
    tints = np.array([colours.triplet(colour) for colour in palette.SERIES], np.float32)
    mixed = (1 - TINT) * pixels + TINT * tints[(masks - 1) % len(tints)]
    return np.where(masks[..., None] > 0, mixed, pixels).astype(np.uint8)


def _signs(
    masks: object, rows: int, columns: int, layout: image.Layout, look: TerminalCapabilities
) -> np.ndarray | None:
    """Where there are no colours: (rows, h, columns, w) the sign of the class that covers a point, 0 for none.

    Inside what is covered every other point keeps its shade, so that the picture is still seen.
    """
    if masks is None or look.colours != "none":
        return None
    masks = np.asarray(masks)
    numbers = [number for number in np.unique(masks).tolist() if number > 0]
    if not numbers:
        return None
    light = [
        image.sampled_at(image.cells_of(np.uint8(255) * (masks == n), rows, columns), layout, look) for n in numbers
    ]
    stacked = np.stack(light)[..., 0]  # (classes, rows, h, columns, w)
    owner = np.where(stacked.max(0) >= COVERED, stacked.argmax(0), -1)
    odd = np.add.outer(np.arange(owner.shape[1]), np.arange(owner.shape[3]))[:, None] % 2 > 0  # (h, 1, w)
    inside = owner == np.roll(owner, 1, 1)
    for turn, axis in ((-1, 1), (1, 3), (-1, 3)):
        inside &= owner == np.roll(owner, turn, axis)
    glyphs = np.array([ord(_sign(number - 1)) for number in numbers] + [0], np.uint32)[owner]
    return np.where(inside & odd, 0, glyphs)


def _side_by_side(signs: np.ndarray) -> np.ndarray:
    """(h, columns, w) -> (h, columns * (w + 1) - 1), nothing between."""
    return np.pad(signs, ((0, 0), (0, 0), (0, 1))).reshape(len(signs), -1)[:, :-1]


def _sign(number: int) -> str:
    """The character of a class where there are no colours; they repeat after a while."""
    return SIGNS[number % len(SIGNS)]


def _key(classes: tuple[str, ...], width: int, look: TerminalCapabilities) -> list[Line]:
    sign = "■" if look.unicode else "#"
    entries = [
        Entry(_sign(n) if look.colours == "none" else sign, palette.ink(palette.series(n), look), shown(name))
        for n, name in enumerate(classes)
    ]
    return legend(entries, width, 1, look)


def _sheet(pictures: np.ndarray, look: TerminalCapabilities) -> _Sheet:
    """Pictures (h, columns, w, 3) side by side, a point between them."""
    high, columns, wide, _ = pictures.shape
    if look.colours == "none":
        points = np.full((high, columns, wide + 1), np.nan)
        points[..., :wide] = (pictures * image.LUMA).sum(-1) / 255
    else:
        points = np.full((high, columns, wide + 1), colours.NONE, np.int32)
        points[..., :wide] = colours.codes(pictures, look)
    points = points.reshape(high, -1)[:, :-1]
    points = np.pad(points, ((0, -high % points_a_line(look)), (0, 0)), mode="edge")
    size = len(points) // points_a_line(look), points.shape[1]
    return _Sheet(points, np.zeros(size, np.uint32), np.full(size, colours.NONE, np.int32))


def _draw(
    sheet: _Sheet, box: dict, column: int, size: tuple[int, ...], of: tuple[int, ...], look: TerminalCapabilities
) -> None:
    """Draws a box and its name. size: h, columns, w of the pictures in points; of: the same in pixels."""
    corners = np.asarray(box["box"], float)
    if not np.isfinite(corners).all():
        return
    (high, _, wide), (pixels_high, _, pixels_wide) = size, of
    scale = np.array([wide / pixels_wide, high / pixels_high] * 2)
    left, top, right, bottom = np.clip(corners * scale, 0, [wide, high, wide, high])
    left, top = min(int(left), wide - 1), min(int(top), high - 1)
    right, bottom = max(left, int(np.ceil(right)) - 1), max(top, int(np.ceil(bottom)) - 1)
    start, number = column * (wide + 1), box.get("colour", 0)
    if look.colours == "none":
        step = 1 + bool(box.get("dashed"))
        sheet.glyphs[[top, bottom], start + left : start + right + 1 : step] = WIDE
        sheet.glyphs[top : bottom + 1 : step, [start + left, start + right]] = TALL
        if not box.get("dashed"):
            sheet.glyphs[bottom, start + right] = ord(_sign(number))
    else:
        a_line = points_a_line(look)
        _outline(sheet, top // a_line, bottom // a_line, start + left, start + right, box, look)
    if box.get("label") and wide >= NAMED:
        _name(sheet, shown(box["label"]), number, top, left, start, wide, look)


def _outline(
    sheet: _Sheet, first: int, last: int, left: int, right: int, box: dict, look: TerminalCapabilities
) -> None:
    """Draws a box's sides as thin lines in the cells from line `first` to `last`, column `left` to `right`."""
    dashed = bool(box.get("dashed"))
    signs = SIDES[dashed] if look.unicode else PLAIN
    upper_left, across, upper_right, down, lower_left, lower_right = map(ord, signs)
    sheet.glyphs[[first, last], left : right + 1] = across
    sheet.glyphs[first : last + 1, [left, right]] = down
    if first < last and left < right:
        sheet.glyphs[[first, first, last, last], [left, right] * 2] = upper_left, upper_right, lower_left, lower_right
    code = palette.code("#ffffff" if dashed else palette.series(box.get("colour", 0)), look)
    sheet.inks[[first, last], left : right + 1] = code
    sheet.inks[first : last + 1, [left, right]] = code


def _mark(
    sheet: _Sheet, mark: dict, column: int, size: tuple[int, ...], of: tuple[int, ...], look: TerminalCapabilities
) -> None:
    """Puts a point into a cell: the colour or the sign of its class; a ring where it ought to be, which it then fills.

    size, of: as in `_draw`.
    """
    at = np.asarray(mark["at"], float)
    if not np.isfinite(at).all():
        return
    (high, _, wide), (pixels_high, _, pixels_wide) = size, of
    x, y = np.clip(at * [wide / pixels_wide, high / pixels_high], 0, [wide - 1, high - 1]).astype(int)
    a_line = points_a_line(look)
    line, x = y // a_line, column * (wide + 1) + x
    if mark.get("hollow"):
        sheet.glyphs[line, x] = ord("○" if look.unicode else "o")
    elif look.colours == "none":
        sheet.glyphs[line, x] = ord(_sign(mark.get("colour", 0)))
    else:
        sheet.points[line * a_line : (line + 1) * a_line, x] = palette.code(palette.series(mark.get("colour", 0)), look)


def _name(
    sheet: _Sheet, text: str, number: int, top: int, left: int, start: int, wide: int, look: TerminalCapabilities
) -> None:
    """Writes a box's name above it, or within where there is no line above."""
    text = cut(text, wide, look)
    if cell_width(text) != len(text):  # wide characters have no place among points
        return
    a_line = points_a_line(look)
    line = max(0, top // a_line - 1)
    first = start + min(left, wide - len(text))
    sheet.glyphs[line, first : first + len(text)] = [ord(character) for character in text]
    if look.colours != "none":
        ground = palette.code(palette.series(number), look)
        sheet.points[line * a_line : (line + 1) * a_line, first : first + len(text)] = ground
        sheet.inks[line, first : first + len(text)] = colours.NONE


def _lines(sheet: _Sheet, look: TerminalCapabilities) -> list[Line]:
    if look.colours == "none":
        return shaded(sheet.points, look, sheet.glyphs)
    return coloured(sheet.points, look, sheet.glyphs, sheet.inks)
