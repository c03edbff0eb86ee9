"""A terminal's picture as SVG: blocks, Braille and frames as shapes, words as text, so that it is sharp at any size.

What is a character in a terminal is drawn, not set: no font is needed but for words, and no gaps show between lines.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape
from rich.cells import split_graphemes
from rich.style import Style

from dltui.render.cells import Line

WIDE, HIGH = 8.0, 16.0  # units of a cell
FONT = "'DejaVu Sans Mono',Menlo,Consolas,'Liberation Mono',monospace"
FONT_SIZE = 13.0
BASELINE = 12.2  # units from a line's top
THIN = 1.6  # units of a frame's line
DIM = 0.62  # how much of a dim text's colour is left
SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75}
# quarters of a cell that are filled: upper left, upper right, lower left, lower right
QUADRANTS = {
    "▖": "0010", "▗": "0001", "▘": "1000", "▙": "1011", "▚": "1001", "▛": "1110", "▜": "1101", "▝": "0100",
    "▞": "0110", "▟": "0111",
}  # fmt: skip
# where the lines of a frame lead from the cell's centre: up, right, down, left
FRAMES = {
    "─": "0101", "│": "1010", "┌": "0110", "┐": "0011", "└": "1100", "┘": "1001", "├": "1110", "┤": "1011",
    "┬": "0111", "┴": "1101", "┼": "1111", "╭": "0110", "╮": "0011", "╰": "1100", "╯": "1001", "╵": "1000",
    "╶": "0100", "╷": "0010", "╴": "0001", "━": "0101", "┃": "1010", "╺": "0100", "╸": "0001",
}  # fmt: skip
THICK = "━┃╺╸"
DASHES = {"┊": (4, True), "╎": (2, True), "╌": (2, False), "┅": (3, False), "╍": (2, False)}  # (how many, upright)
BRAILLE = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))  # (column, row) of each bit


class Page(NamedTuple):
    """The colours of what has none of its own: text, and what is behind it."""

    ink: str
    ground: str


DARK, WHITE = Page("#d4d4d8", "#101014"), Page("#27272a", "#ffffff")

Box = tuple[float, float, float, float]  # left, top, width, height
Shapes = dict[tuple[str, float], list[str]]  # (colour, opacity) -> paths


def svg(lines: Sequence[Line], page: Page, title: str) -> Markup:
    """Returns the lines as an SVG picture; title: what it is, for those who cannot see it."""
    width = max((_cells(line) for line in lines), default=0) * WIDE
    height = len(lines) * HIGH
    grounds: Shapes = defaultdict(list)
    shapes: Shapes = defaultdict(list)
    words: list[Markup] = []
    for row, line in enumerate(lines):
        column = 0
        for text, style, _ in line:
            ink, ground, dim = colours(style or Style(), page)
            size = sum(cells for _, _, cells in split_graphemes(text)[0])
            if ground:
                grounds[ground, 1.0].append(_path((column * WIDE, row * HIGH, size * WIDE, HIGH)))
            column = _drawn(text, column, row, (ink, dim, bool(style and style.bold)), shapes, words)
    drawn = Markup("").join(
        Markup('<path fill="{}" d="{}"{}/>').format(
            colour, "".join(paths), Markup(f' opacity="{opacity:g}"') if opacity < 1 else ""
        )
        for (colour, opacity), paths in (*grounds.items(), *shapes.items())  # what is behind first
    )
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {:g} {:g}" role="img" shape-rendering="crispEdges">'
        '<title>{}</title><rect width="100%" height="100%" fill="{}"/>{}'
        '<g font-family="{}" font-size="{:g}" xml:space="preserve">{}</g></svg>'
    ).format(width, height, title, page.ground, drawn, FONT, FONT_SIZE, Markup("").join(words))


def _cells(line: Line) -> int:
    return sum(cells for text, _, _ in line for _, _, cells in split_graphemes(text)[0])


def colours(style: Style, page: Page) -> tuple[str, str, bool]:
    """Returns the colours of text and of what is behind it, "" for the page's own; and whether the text is dim."""
    ink = style.color.get_truecolor().hex if style.color and not style.color.is_default else page.ink
    ground = style.bgcolor.get_truecolor().hex if style.bgcolor and not style.bgcolor.is_default else ""
    if style.reverse:
        ink, ground = ground or page.ground, ink
    return ink, ground, bool(style.dim)


def _drawn(
    text: str,
    column: int,
    row: int,
    look: tuple[str, bool, bool],
    shapes: Shapes,
    words: list[Markup],
) -> int:
    """Adds what a text shows from a column on; returns the column that follows it."""
    ink, dim, bold = look
    begun, word = column, ""
    for start, stop, cells in split_graphemes(text)[0]:
        sign = text[start:stop]
        boxes = [*boxes_of(sign)]
        if boxes:
            words += _word(word, begun, row, ink, dim, bold)
            opacity = SHADES.get(sign, DIM if dim else 1.0)
            x, y = column * WIDE, row * HIGH
            for left, top, width, height in boxes:
                shapes[ink, opacity].append(_path((x + left * WIDE, y + top * HIGH, width * WIDE, height * HIGH)))
            word, begun = "", column + cells
        elif sign == " " and (not word or word.endswith(" ")):
            words += _word(word, begun, row, ink, dim, bold)
            word, begun = "", column + cells
        else:
            word += sign
        column += cells
    words += _word(word, begun, row, ink, dim, bold)
    return column


def _word(word: str, column: int, row: int, ink: str, dim: bool, bold: bool) -> list[Markup]:
    """A piece of text, exactly as wide as its cells whatever the font."""
    word = word.rstrip(" ")
    if not word:
        return []
    width = sum(cells for _, _, cells in split_graphemes(word)[0]) * WIDE
    faint = Markup(f' opacity="{DIM:g}"') if dim else ""
    weight = Markup(' font-weight="bold"') if bold else ""
    return [
        Markup(
            '<text x="{:g}" y="{:g}" textLength="{:g}" lengthAdjust="spacingAndGlyphs" fill="{}"{}{}>{}</text>'
        ).format(column * WIDE, row * HIGH + BASELINE, width, ink, faint, weight, escape(word))
    ]


def _path(box: Box) -> str:
    left, top, width, height = box
    return f"M{left:g} {top:g}h{width:g}v{height:g}h{-width:g}z"


def boxes_of(sign: str) -> Iterator[Box]:
    """Yields the rectangles, in parts of a cell, of which a character is made; none of one that is set as text."""
    code = ord(sign) if len(sign) == 1 else 0
    if 0x2801 <= code < 0x2900:
        for bit, (column, row) in enumerate(BRAILLE):
            if code - 0x2800 >> bit & 1:
                yield column / 2 + 0.1, row / 4 + 0.05, 0.3, 0.15
    elif sign == "▀":
        yield 0, 0, 1, 0.5
    elif 0x2581 <= code <= 0x2588:  # ▁ to █
        eighths = (code - 0x2580) / 8
        yield 0, 1 - eighths, 1, eighths
    elif 0x2589 <= code <= 0x258F:  # ▉ to ▏
        yield 0, 0, (0x2590 - code) / 8, 1
    elif sign == "▐":
        yield 0.5, 0, 0.5, 1
    elif sign in SHADES:
        yield 0, 0, 1, 1
    elif sign in QUADRANTS:
        for place, filled in enumerate(QUADRANTS[sign]):
            if filled == "1":
                yield place % 2 / 2, place // 2 / 2, 0.5, 0.5
    elif sign in DASHES:
        yield from _dashes(*DASHES[sign])
    elif sign in FRAMES:
        yield from _frame(sign)


def _dashes(count: int, upright: bool) -> Iterator[Box]:
    for part in range(count):
        start, size = (part + 0.2) / count, 0.6 / count
        across, along = THIN / WIDE, THIN / HIGH
        yield ((1 - across) / 2, start, across, size) if upright else (start, (1 - along) / 2, size, along)


def _frame(sign: str) -> Iterator[Box]:
    thick = 2 if sign in THICK else 1
    across, along = thick * THIN / WIDE, thick * THIN / HIGH
    up, right, down, left = (part == "1" for part in FRAMES[sign])
    if up or down:
        top, bottom = 0 if up else (1 - along) / 2, 1 if down else (1 + along) / 2
        yield (1 - across) / 2, top, across, bottom - top
    if left or right:
        start, end = 0 if left else (1 - across) / 2, 1 if right else (1 + across) / 2
        yield start, (1 - along) / 2, end - start, along
