"""Confusion matrices: counts on a ground whose shade tells their share of the row."""

import numpy as np
from rich.segment import Segment

from dltui.render import axes, palette
from dltui.render import colour as colours
from dltui.render.blocks import coloured, points_a_line, shaded
from dltui.render.cells import FAINT, Line, cell_width, cut, filled, line_of, message, pad, shown
from dltui.render.number import number
from dltui.render.terminal_capabilities import TerminalCapabilities

HIGHEST = 3  # lines of one entry at most


def render(payload: dict, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells. payload["values"]: (rows, columns); its labels: one a row, one a column.

    Where rows and columns have the same labels, the diagonal has a colour of its own. Without room for the counts only
    shades are shown; without room for these the picture says what it needs.
    """
    values = np.asarray(payload["values"], float)
    n_rows, n_columns = values.shape
    if not values.size:
        return message("no entries", width, height, look)
    row_labels, column_labels = _labels(payload, "rows", n_rows), _labels(payload, "columns", n_columns)
    words = [shown(payload.get(key) or "") for key in ("row_title", "column_title")]
    title = _title(*words, look)
    same = row_labels == column_labels
    texts = [[_entry(value, look) for value in row] for row in values.tolist()]
    digits = max(len(text) for row in texts for text in row)
    wanted = max([digits + 1, *(cell_width(label) + 1 for label in column_labels)])
    longest = max(map(cell_width, row_labels))
    shares = _shares(values)
    header = 1 + bool(title)
    for titles in (header, header - 1, 0) if height < n_rows + header else (header,):
        lines_left = height - titles
        if lines_left < n_rows:
            continue
        for margin in dict.fromkeys((min(longest, width // 3), min(longest, 6), min(longest, 2))):
            wide = (width - margin - 1) // n_columns
            if wide > digits or (wide >= 1 and margin == min(longest, 2)):
                size = _size(wide, lines_left // n_rows, wanted)
                head = _header(title, column_labels, titles, margin, size[0], width, look)
                body = _body(texts if wide > digits else None, row_labels, margin, size, shares, same, look)
                return filled(head + body, width, height)
    return _shades(shares, same, width, height, look)


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


def _shades(shares: np.ndarray, same: bool, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """One point an entry, or as many as there is room for."""
    n_rows, n_columns = shares.shape
    a_line = points_a_line(look)
    times = min(width // n_columns, a_line * height // n_rows)
    if times < 1:
        need = f"{n_columns} x {-(-n_rows // a_line)}"
        return message(f"{n_rows} x {n_columns} entries need {need} cells", width, height, look)
    if look.colours == "none":
        return filled(
            shaded(np.kron(_visible(shares), np.ones((times, times))), look._replace(dark=True)), width, height
        )
    points = np.kron(_grounds(shares, same, look), np.ones((times, times), np.int32))
    odd = -len(points) % a_line
    return filled(coloured(np.pad(points, ((0, odd), (0, 0)), constant_values=colours.NONE), look), width, height)
