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
COVERS = 0.25  # of the pictures that names may cover at most: else colours have to do
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
    """Returns `height` lines of `width` cells: the montage, a line of captions below each row, the classes' key.

    Its grid is kept, or broken, as that of a montage without boxes.
    """
    pixels = np.asarray(payload["pixels"])
    rows, columns = max(1, int(payload.get("rows", 1))), max(1, int(payload.get("columns", 1)))
    title = shown(payload.get("title") or "")
    captions = [shown(caption) for caption in payload.get("captions") or ()]
    classes = payload.get("classes") or () if height >= 6 else ()
    shape = (rows, pixels.shape[0] // rows, columns, pixels.shape[1] // columns, 3)
    for header in (int(height >= 6 and bool(title)), 1):  # a line to say which are seen, where not all are
        room = height - header - bool(classes)
        how = {"captioned": bool(captions) and room >= 3, "even": True}
        across, layout = image.arranged(shape, width, room, look, **how)
        if not layout.rows or not layout.columns:
            return message("no picture", width, height, look)
        which = image.span(layout.number, rows * columns)
        if not which or height < 6:
            break
    said = cut(title, max(0, width - len(which) - 2), look) + f"  {which}" * bool(which)
    head = [line_of(said.strip(), width, look, FAINT)] if header else []
    grid = rows, columns, across
    points = image.sampled_at(_cells(_tinted(pixels, payload.get("masks")), *grid), layout, look)
    signs = _signs(payload.get("masks"), grid, layout, look)
    drawn: list[Line] = []
    for row in range(layout.rows):
        first, known = row * across, layout.columns - layout.absent * (row == layout.rows - 1)
        pictures, covered = points[row][:, :known], None if signs is None else signs[row][:, :known]
        drawn += _row(payload, pictures, shape[1:4], first, covered, look)
        if how["captioned"]:
            words = captions[first : first + known]
            text = " ".join(pad(cut(word, layout.width, look), layout.width) for word in words)
            drawn.append(line_of(text, width, look))
        elif row < layout.rows - 1:
            drawn.append([])
    key = _key(classes, width, height - header - min(room, len(drawn)), look)
    return filled(head + drawn[:room] + key, width, height)


def _row(
    payload: dict,
    pictures: np.ndarray,
    of: tuple[int, ...],
    first: int,
    signs: np.ndarray | None,
    look: TerminalCapabilities,
) -> list[Line]:
    """A row of pictures (h, columns, w, 3) with all that lies on them. of: as in `_corners`; first: its first cell."""
    high, columns, wide, _ = pictures.shape
    sheet = _sheet(pictures, look)
    if signs is not None:
        sheet.glyphs[:] = _side_by_side(signs)
    placed = [
        (box, column * (wide + 1), corners)
        for box in payload.get("boxes") or ()
        if 0 <= (column := box["cell"] - first) < columns and (corners := _corners(box["box"], (high, wide), of))
    ]
    for box, start, corners in placed:
        _draw(sheet, box, start, corners, look)
    for mark in payload.get("points") or ():
        if 0 <= mark["cell"] - first < columns:
            _mark(sheet, mark, mark["cell"] - first, pictures.shape[:3], of, look)
    names = [shown(box.get("label") or "") for box, _, _ in placed]
    if wide >= NAMED and sum(map(cell_width, names)) <= COVERS * sheet.glyphs.size:
        taken = np.zeros(sheet.glyphs.shape, bool)
        for name, (box, start, corners) in zip(names, placed, strict=True):  # over all the lines, so that it is read
            _name(sheet, taken, name, box.get("colour", 0), corners, (start, wide), look)
    return _lines(sheet, look)


def _tinted(pixels: np.ndarray, masks: object) -> np.ndarray:
    """(H, W[, 3]) uint8 -> (H, W, 3) uint8, the colour of its class over every pixel that has one."""
    pixels = pixels[..., None].repeat(3, -1) if pixels.ndim == 2 else pixels[..., :3]
    if masks is None:
        return pixels
    masks = np.asarray(masks)
    tints = np.array([colours.triplet(colour) for colour in palette.SERIES], np.float32)
    mixed = (1 - TINT) * pixels + TINT * tints[(masks - 1) % len(tints)]
    return np.where(masks[..., None] > 0, mixed, pixels).astype(np.uint8)


def _cells(pixels: np.ndarray, rows: int, columns: int, across: int) -> np.ndarray:
    """The montage's pictures (rows, H, across, W, channels)."""
    return image.in_rows(image.cells_of(pixels, rows, columns), across)


def _signs(
    masks: object, grid: tuple[int, int, int], layout: image.Layout, look: TerminalCapabilities
) -> np.ndarray | None:
    """Where there are no colours: (rows, h, columns, w) the sign of the class that covers a point, 0 for none.

    Inside what is covered every other point keeps its shade, so that the picture is still seen. grid: rows, columns and
    across as in `_cells`.
    """
    if masks is None or look.colours != "none":
        return None
    masks = np.asarray(masks)
    numbers = [number for number in np.unique(masks).tolist() if number > 0]
    if not numbers:
        return None
    light = [image.sampled_at(_cells(np.uint8(255) * (masks == n), *grid), layout, look) for n in numbers]
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


def _key(classes: tuple[str, ...], width: int, most: int, look: TerminalCapabilities) -> list[Line]:
    """The classes' key, one line below the pictures where there is room."""
    sign = "■" if look.unicode else "#"
    entries = [
        Entry(_sign(n) if look.colours == "none" else sign, palette.ink(palette.series(n), look), shown(name))
        for n, name in enumerate(classes)
    ]
    lines = legend(entries, width, most, look)
    return [[], *lines] if lines and len(lines) < most else lines


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


def _corners(box: object, size: tuple[int, int], of: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom in points; None where they are no numbers.

    size: (h, w) of a picture in points; of: h, columns, w in pixels.
    """
    corners = np.asarray(box, float)
    if not np.isfinite(corners).all():
        return None
    (high, wide), (pixels_high, _, pixels_wide) = size, of
    scale = np.array([wide / pixels_wide, high / pixels_high] * 2)
    left, top, right, bottom = np.clip(corners * scale, 0, [wide, high, wide, high])
    left, top = min(int(left), wide - 1), min(int(top), high - 1)
    return left, top, max(left, int(np.ceil(right)) - 1), max(top, int(np.ceil(bottom)) - 1)


def _draw(sheet: _Sheet, box: dict, start: int, corners: tuple[int, int, int, int], look: TerminalCapabilities) -> None:
    """Draws the sides of a box in the picture that begins at column `start`."""
    left, top, right, bottom = corners
    if look.colours == "none":
        step = 1 + bool(box.get("dashed"))
        sheet.glyphs[[top, bottom], start + left : start + right + 1 : step] = WIDE
        sheet.glyphs[top : bottom + 1 : step, [start + left, start + right]] = TALL
        if not box.get("dashed"):
            sheet.glyphs[bottom, start + right] = ord(_sign(box.get("colour", 0)))
    else:
        a_line = points_a_line(look)
        _outline(sheet, top // a_line, bottom // a_line, start + left, start + right, box, look)


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
    sheet: _Sheet,
    taken: np.ndarray,
    text: str,
    number: int,
    corners: tuple[int, int, int, int],
    picture: tuple[int, int],
    look: TerminalCapabilities,
) -> None:
    """Writes a box's name above it, else below it or within, where no other name stands; else nowhere.

    taken: (lines, w) where names stand. picture: its first column and its width.
    """
    start, wide = picture
    text = cut(text, wide, look)
    if cell_width(text) != len(text):  # wide characters have no place among points
        return
    a_line = points_a_line(look)
    top, bottom = corners[1] // a_line, corners[3] // a_line
    first = start + min(corners[0], wide - len(text))
    last = first + len(text)
    lines = [line for line in (top - 1, bottom + 1, top, bottom) if 0 <= line < len(taken)]
    line = next((line for line in lines if not taken[line, max(0, first - 1) : last + 1].any()), None)
    if line is None:
        return
    taken[line, first:last] = True
    sheet.glyphs[line, first:last] = [ord(character) for character in text]
    if look.colours != "none":
        ground = palette.code(palette.series(number), look)
        sheet.points[line * a_line : (line + 1) * a_line, first:last] = ground
        sheet.inks[line, first:last] = colours.NONE


def _lines(sheet: _Sheet, look: TerminalCapabilities) -> list[Line]:
    if look.colours == "none":
        return shaded(sheet.points, look, sheet.glyphs)
    return coloured(sheet.points, look, sheet.glyphs, sheet.inks)
