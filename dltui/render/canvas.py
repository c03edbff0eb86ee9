"""A canvas of dots: Braille characters hold 2 x 4 dots a cell, ASCII stands in where there is no Unicode."""

from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
from rich.segment import Segment
from rich.style import Style

from dltui.render import palette
from dltui.render.terminal_capabilities import TerminalCapabilities

BRAILLE = 0x2800
THIN = 4  # dots that a line leaves in a cell that it crosses
TURN = 3  # cells after which it is another line's turn, where lines share their cells
# the bit of each of a cell's dots: 4 rows of 2, as Unicode numbers them
BITS = np.array([[1, 8], [2, 16], [4, 32], [64, 128]], np.uint32)


@cache
def _ascii(bits: int) -> str:
    rows = [row for row in range(4) if any(bits & int(bit) for bit in BITS[row])]
    if not rows:
        return " "
    if rows[-1] - rows[0] >= 2:
        return "|"
    return {0: "'", 1: "-", 2: "."}.get(rows[0], "_")


ASCII = np.array([ord(_ascii(bits)) for bits in range(256)], np.uint32)


class Canvas:
    """`columns` x `rows` cells of 2 x 4 dots; x runs right, y downwards, from 0. A dot outside is passed over.

    The colour drawn last in a cell is that of the whole cell. A colour is "#5fafff", shown as far
    as the terminal has it, or a Style.
    """

    def __init__(self, columns: int, rows: int, look: TerminalCapabilities):
        self.columns, self.rows, self.look = max(0, columns), max(0, rows), look
        self.width, self.height = 2 * self.columns, 4 * self.rows
        self._dots = np.zeros((self.height, self.width), bool)
        self._inks = np.zeros((self.rows, self.columns), np.int16)
        self._styles: list[Style] = [Style.null()]
        self._texts: dict[tuple[int, int], tuple[str, Style]] = {}

    def _style(self, colour: str | Style) -> Style:
        if isinstance(colour, Style):
            return colour
        return palette.ink(colour, self.look) if colour else Style.null()

    def _number(self, colour: str | Style) -> int:
        ink = self._style(colour)
        if ink not in self._styles:
            self._styles.append(ink)
        return self._styles.index(ink)

    def dot(self, x: int, y: int, colour: str | Style) -> None:
        """Sets one dot."""
        self.span(x, y, y, colour)

    def span(self, x: int, y_top: int, y_bottom: int, colour: str | Style) -> None:
        """Sets the dots of column x from y_top down to y_bottom, both included."""
        top, bottom = max(0, y_top), min(self.height - 1, y_bottom)
        if 0 <= x < self.width and top <= bottom:
            self._dots[top : bottom + 1, x] = True
            self._inks[top // 4 : bottom // 4 + 1, x // 2] = self._number(colour)

    def spans(self, x: np.ndarray, y_top: np.ndarray, y_bottom: np.ndarray, colour: str | Style) -> None:
        """Sets the dots of many columns at once, each from its y_top down to its y_bottom; no x comes twice."""
        inside = (x >= 0) & (x < self.width)
        rows = np.arange(self.height)[:, None]
        drawn = np.zeros_like(self._dots)
        drawn[:, x[inside]] = (rows >= y_top[inside]) & (rows <= y_bottom[inside])  # (height, columns)
        self._dots |= drawn
        self._inks[self._in_cells(drawn)] = self._number(colour)

    def line(self, x0: float, y0: float, x1: float, y1: float, colour: str | Style) -> None:
        """Sets the dots nearest to the straight line between two dots, the ends included."""
        count = int(max(abs(x1 - x0), abs(y1 - y0))) + 1
        if count > 4 * (self.width + self.height + 4):  # an end far outside: only what crosses the canvas counts
            clipped = self._clipped(x0, y0, x1, y1)
            if clipped is None:
                return
            x0, y0, x1, y1 = clipped
            count = int(max(abs(x1 - x0), abs(y1 - y0))) + 1
        self.dots(np.rint(np.linspace(x0, x1, count + 1)), np.rint(np.linspace(y0, y1, count + 1)), colour)

    def dots(self, x: np.ndarray, y: np.ndarray, colour: str | Style) -> None:
        """Sets many dots at once; x and y are equally long."""
        inside = (x >= 0) & (x < self.width) & (y >= 0) & (y < self.height)
        x, y = x[inside].astype(np.intp), y[inside].astype(np.intp)
        self._dots[y, x] = True
        self._inks[y // 4, x // 2] = self._number(colour)

    def text(self, column: int, row: int, text: str, colour: str | Style) -> None:
        """Writes characters one cell wide over the dots, from the cell (column, row); clean text is expected."""
        for offset, character in enumerate(text):
            if 0 <= column + offset < self.columns and 0 <= row < self.rows:
                self._texts[row, column + offset] = character, self._style(colour)

    def is_free(self, column: int, row: int, length: int) -> bool:
        """Whether `length` cells from (column, row) are on the canvas and hold neither dots nor text."""
        if column < 0 or column + length > self.columns or not 0 <= row < self.rows:
            return False
        dots = self._dots[4 * row : 4 * row + 4, 2 * column : 2 * (column + length)]
        return not dots.any() and not any((row, column + offset) in self._texts for offset in range(length))

    def over(self, beneath: "Canvas") -> "Canvas":
        """Returns this canvas; the cells it has left empty show those of `beneath`, which is of the same size."""
        empty = ~self._in_cells(self._dots)
        self._dots |= empty.repeat(4, axis=0).repeat(2, axis=1) & beneath._dots
        self._inks = np.where(empty, self._taken(beneath), self._inks)
        self._texts = {place: text for place, text in beneath._texts.items() if empty[place]} | self._texts
        return self

    def lines(self) -> list[list[Segment]]:
        """Returns `rows` lines, each `columns` cells wide."""
        cells = self._dots.reshape(self.rows, 4, self.columns, 2)
        bits = np.einsum("rycx,yx->rc", cells, BITS, dtype=np.uint32, casting="unsafe")  # (rows, columns)
        codes = np.where(bits > 0, bits + BRAILLE, ord(" ")) if self.look.unicode else ASCII[bits]
        inks = self._inks.tolist()
        styles = list(self._styles)
        texts = [row.tobytes().decode("utf-32-le") for row in codes.astype("<u4")]
        for (row, column), (character, ink) in self._texts.items():
            texts[row] = texts[row][:column] + character + texts[row][column + 1 :]
            if ink not in styles:
                styles.append(ink)
            inks[row][column] = styles.index(ink)
        return [list(_runs(text, tuple(row), tuple(styles))) for text, row in zip(texts, inks, strict=True)]

    def _taken(self, other: "Canvas") -> np.ndarray:
        """(rows, columns): the inks of another canvas as this one numbers them."""
        return np.array([self._number(ink) for ink in other._styles], np.int16)[other._inks]

    def _counts(self) -> np.ndarray:
        """(rows, columns): how many dots a cell holds."""
        dots = self._dots.view(np.int8)
        pairs = dots[:, ::2] + dots[:, 1::2]
        return pairs[::4] + pairs[1::4] + pairs[2::4] + pairs[3::4]

    def _in_cells(self, dots: np.ndarray) -> np.ndarray:
        """(rows, columns): whether a cell holds any of the dots."""
        pairs = dots[:, ::2] | dots[:, 1::2]
        return pairs[::4] | pairs[1::4] | pairs[2::4] | pairs[3::4]

    def _clipped(self, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float] | None:
        """The part of a line inside the canvas (Liang and Barsky 1984), None where it passes by."""
        dx, dy, start, end = x1 - x0, y1 - y0, 0.0, 1.0
        for step, room in ((-dx, x0 + 1), (dx, self.width - x0), (-dy, y0 + 1), (dy, self.height - y0)):
            if step == 0 and room < 0:
                return None
            if step < 0:
                start = max(start, room / step)
            elif step > 0:
                end = min(end, room / step)
        if start > end:
            return None
        return x0 + start * dx, y0 + start * dy, x0 + end * dx, y0 + end * dy


def interleaved(layers: Sequence[Canvas]) -> Canvas:
    """Returns layers of one size, one at least, as one canvas, the first on top.

    Where thin lines share cells their colours take turns along the way: that they coincide is seen.
    """
    first = layers[0]
    if len(layers) == 1 or not first.rows or not first.columns:
        return first
    canvas = Canvas(first.columns, first.rows, first.look)
    counts = np.stack([layer._counts() for layer in layers])  # (layers, rows, columns)
    inks = np.stack([canvas._taken(layer) for layer in layers])
    top = (counts > 0).argmax(0)[None]
    thin = (counts > 0) & (counts <= THIN)
    alike = thin & np.take_along_axis(thin, top, 0)
    turn = np.arange(canvas.columns) // TURN % np.maximum(alike.sum(0), 1)
    turned = (alike & (alike.cumsum(0) - 1 == turn)).argmax(0)[None]
    chosen = np.where(alike.any(0), turned, top)
    canvas._inks = np.where((counts > 0).any(0), np.take_along_axis(inks, chosen, 0)[0], canvas._inks)
    for layer in reversed(layers):
        canvas._dots |= layer._dots
        canvas._texts |= layer._texts
    return canvas


@lru_cache(maxsize=1024)  # most rows of a live picture are those of its last frame
def _runs(text: str, numbers: Sequence[int], styles: Sequence[Style]) -> Sequence[Segment]:
    """Segments of equal style; a blank joins the run before it, so that a terminal gets fewer codes.

    A style with a ground keeps to its own cells.
    """
    line: list[Segment] = []
    grounded = [style.bgcolor is not None for style in styles]
    begin, current = 0, 0
    for column, character in enumerate(text):
        number = numbers[column]
        if number == current or (character == " " and not grounded[number] and not grounded[current]):
            continue
        if text[begin:column].strip() or grounded[number] or grounded[current]:
            if column > begin:
                line.append(Segment(text[begin:column], styles[current]))
            begin = column
        current = number
    if text:
        line.append(Segment(text[begin:], styles[current]))
    return line
