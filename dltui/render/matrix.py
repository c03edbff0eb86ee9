"""Confusion matrices: counts on a ground whose shade tells their share of the row."""

from typing import NamedTuple

import numpy as np
from rich.segment import Segment

from dltui.render import axes, palette
from dltui.render import colour as colours
from dltui.render.blocks import coloured, points_a_line, shaded
from dltui.render.cells import FAINT, Line, cell_width, cut, filled, fit, line_of, message, pad, shown
from dltui.render.number import number
from dltui.render.terminal_capabilities import TerminalCapabilities

HIGHEST = 5  # lines of one entry at most
WIDEST = 3  # cells to which a point is widened for the names of columns to have room
WORST = 6  # pairs that are named at most
GAP = 2


class _Drawn(NamedTuple):
    """A picture, the cells of its width, and whether all counts and all names stand in it."""

    lines: list[Line]
    wide: int
    complete: bool


def render(payload: dict, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells. payload["values"]: (rows, columns); its labels: one a row, one a column.

    Where rows and columns have the same labels, the diagonal has a colour of its own. Without room for the counts only
    shades are shown, several entries a point where there are too many; what is mistaken for what most often is then
    named beside or beneath them.
    """
    values = np.asarray(payload["values"], float)
    n_rows, n_columns = values.shape
    if not values.size:
        return message("no entries", width, height, look)
    labels = _labels(payload, "rows", n_rows), _labels(payload, "columns", n_columns)
    words = [shown(payload.get(key) or "") for key in ("row_title", "column_title")]
    title = _title(*words, look)
    same = labels[0] == labels[1]
    shares = _shares(values)
    drawn = _entries(values, labels, title, shares, same, width, height, look)
    drawn = drawn or _shades(shares, labels[1], title, same, width, height, look)
    told = _worst(values, labels[0]) if same and not drawn.complete else []
    return filled(_noted(drawn, told, width, look), width, height)


def _entries(
    values: np.ndarray,
    labels: tuple[list[str], list[str]],
    title: str,
    shares: np.ndarray,
    same: bool,
    width: int,
    height: int,
    look: TerminalCapabilities,
) -> _Drawn | None:
    """A line or more an entry; None where that has no room."""
    n_rows, n_columns = values.shape
    texts = [[_entry(value, look) for value in row] for row in values.tolist()]
    digits = max(len(text) for row in texts for text in row)
    widest = max(map(cell_width, labels[1]))
    wanted = max(digits, widest) + 1
    longest = max(map(cell_width, labels[0]))
    header = 1 + bool(title)
    for titles in (header, header - 1, 0) if height < n_rows + header else (header,):
        lines_left = height - titles
        if lines_left < n_rows:
            continue
        for margin in dict.fromkeys((min(longest, width // 3), min(longest, 6), min(longest, 2))):
            wide = (width - margin - 1) // n_columns
            if wide > digits or (wide >= 1 and margin == min(longest, 2)):
                size = _size(wide, lines_left // n_rows, wanted)
                head = _header(title, labels[1], titles, margin, size[0], width, look)
                body = _body(texts if wide > digits else None, labels[0], margin, size, shares, same, look)
                complete = wide > digits and margin == longest and size[0] > widest and titles > 0
                return _Drawn(head + body, margin + 1 + size[0] * n_columns, complete)
    return None


def _labels(payload: dict, key: str, count: int) -> list[str]:
    given = [shown(label) for label in payload.get(key) or ()][:count]
    return given + [str(index) for index in range(len(given), count)]


def _title(row_title: str, column_title: str, look: TerminalCapabilities) -> str:
    down, across = (" ↓", " →") if look.unicode else (" (down)", " (across)")
    return "   ".join(word + arrow for word, arrow in ((row_title, down), (column_title, across)) if word)


def _entry(value: float, look: TerminalCapabilities) -> str:
    if value == 0:
        return "·" if look.unicode else "."
    if value.is_integer():
        return str(int(value)) if abs(value) < 1e5 else axes.label(value)
    return number(value)


def _shares(values: np.ndarray) -> np.ndarray:
    """Each entry's share of its row, 0..1; of the greatest entry where there are negative ones."""
    size = np.abs(np.where(np.isfinite(values), values, 0))
    total = size.max() if (values < 0).any() else size.sum(1, keepdims=True)
    return size / np.where(total > 0, total, 1)


def _size(wide: int, high: int, wanted: int) -> tuple[int, int]:
    """(width, height) of an entry: wide enough for counts and labels where that can be, about square on the screen."""
    high = max(1, min(HIGHEST, high, wide // 2))
    return min(wide, max(wanted, 2 * high + 2)), high


def _header(
    title: str, labels: list[str], lines: int, margin: int, wide: int, width: int, look: TerminalCapabilities
) -> list[Line]:
    """The labels of the columns, and above them what rows and columns are, as far as `lines` allows."""
    named = " " * (margin + 1) + "".join(
        pad(cut(label, max(1, wide - (wide > 2)), look), wide, "center") for label in labels
    )
    header = [line_of(named, width, look, FAINT)]
    if title:
        header.insert(0, line_of(" " * min(margin + 1, max(0, width - cell_width(title))) + title, width, look, FAINT))
    return header[len(header) - lines :]


def _body(
    texts: list[list[str]] | None,
    labels: list[str],
    margin: int,
    size: tuple[int, int],
    shares: np.ndarray,
    same: bool,
    look: TerminalCapabilities,
) -> list[Line]:
    wide, high = size
    lines: list[Line] = []
    grounds = _grounds(shares, same, look)
    shades = [segment[0].text for segment in shaded(_visible(shares), look._replace(dark=True))]
    for row, label in enumerate(labels):
        for part in range(high):
            middle = part == (high - 1) // 2
            margin_text = pad(cut(label, margin, look), margin, "right") if middle else " " * margin
            line = [Segment(margin_text + " ", FAINT)]
            for column, ground in enumerate(grounds[row].tolist()):
                if texts is None and look.colours == "none":
                    text = shades[row][column] * wide
                else:
                    text = texts[row][column] if texts and middle else ""
                    if text and look.colours == "none" and same and row == column and wide > len(text) + 1:
                        text = f"[{text}]"
                line.append(_cell(pad(text, wide, "center"), ground, same and row == column, look))
            lines.append(line)
    return lines


def _cell(text: str, ground: int, diagonal: bool, look: TerminalCapabilities) -> Segment:
    if ground == colours.NONE:
        return Segment(text, colours.style(bold=True) if diagonal else FAINT if text.strip() in "·." else None)
    return Segment(text, colours.style(colours.readable(ground, look), ground, bold=diagonal))


def _visible(shares: np.ndarray) -> np.ndarray:
    """Shares as shades: the root lets a mistake of one in a hundred be seen; nothing is 0, everything 1."""
    return np.sqrt(shares)


def _grounds(shares: np.ndarray, same: bool, look: TerminalCapabilities) -> np.ndarray:
    """(rows, columns) codes; NONE where there is nothing."""
    visible = _visible(shares)
    if not same:
        codes = palette.SEQUENTIAL.codes(visible, look)
    else:
        diagonal = np.eye(len(shares), dtype=bool)
        mistaken = _visible(np.minimum(1, 2 * shares))  # half of a row mistaken is as bad as can be told apart
        codes = np.where(diagonal, palette.right(look).codes(visible, look), palette.wrong(look).codes(mistaken, look))
    return np.where(shares > 0, codes, colours.NONE) if look.colours != "none" else np.full(shares.shape, colours.NONE)


def _shades(
    shares: np.ndarray,
    names: list[str],
    title: str,
    same: bool,
    width: int,
    height: int,
    look: TerminalCapabilities,
) -> _Drawn:
    """One point an entry or more, or the greatest of several a point; the columns' names where they have room."""
    a_line = points_a_line(look)
    head = [line_of(title, width, look, FAINT)] if title and height >= 4 else []
    points = a_line * (height - len(head))
    times = min(width // len(names), points // len(shares))
    if times < 1:
        shares = _greatest(shares, min(points, len(shares)), min(width, points, len(names)))
        times, names, same = 1, [], False
    wide = max(times, *(cell_width(name) + 1 for name in names), 1)
    named = bool(names) and wide <= min(WIDEST, width // len(names)) and points - a_line >= times * len(shares)
    wide = wide if named else times
    if named:
        head.append(line_of("".join(pad(name, wide, "center") for name in names), width, look, FAINT))
    if look.colours == "none":
        lines = shaded(np.kron(_visible(shares), np.ones((times, wide))), look._replace(dark=True))
        return _Drawn(head + lines, wide * shares.shape[1], False)
    codes = np.kron(_grounds(shares, same, look), np.ones((times, wide), np.int32))
    odd = -len(codes) % a_line
    lines = coloured(np.pad(codes, ((0, odd), (0, 0)), constant_values=colours.NONE), look)
    return _Drawn(head + lines, codes.shape[1], False)


def _greatest(shares: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """(H, W) -> (rows, columns): of the entries that share a point the greatest, so that no mistake vanishes."""
    for axis, new in ((0, rows), (1, columns)):
        starts = np.linspace(0, shares.shape[axis], new, endpoint=False).astype(np.intp)
        shares = np.maximum.reduceat(shares, starts, axis)
    return shares


def _worst(values: np.ndarray, labels: list[str]) -> list[str]:
    """What is mistaken for what most often: "5 as 3: 40"."""
    mistaken = np.where(np.eye(len(values), dtype=bool) | ~np.isfinite(values), 0, values)
    order = np.argsort(-mistaken, axis=None, kind="stable")[:WORST]
    pairs = [(*divmod(int(place), len(values)), mistaken.flat[place]) for place in order]
    return [f"{labels[row]} as {labels[column]}: {count:g}" for row, column, count in pairs if count > 0]


def _noted(drawn: _Drawn, pairs: list[str], width: int, look: TerminalCapabilities) -> list[Line]:
    """The picture, and the worst pairs at its right where they have room, else beneath it."""
    lines = drawn.lines
    if not pairs:
        return lines
    column = drawn.wide + GAP
    if column + max(map(cell_width, pairs)) <= width:
        rows = [*lines, *[[] for _ in range(len(pairs) - len(lines))]]
        told = [*pairs, *[""] * len(rows)]
        return [[*fit(line, column), Segment(pair, FAINT)] for line, pair in zip(rows, told, strict=False)]
    below: list[str] = []
    for pair in pairs:
        if below and cell_width(below[-1]) + GAP + cell_width(pair) <= width:
            below[-1] += " " * GAP + pair
        else:
            below.append(pair)
    return [*lines, *(line_of(text, width, look, FAINT) for text in below)]
