"""Rows as aligned columns of plain text."""

from collections.abc import Sequence

GAP = "  "
NARROW = 24  # cells that a text needs beside its row
LEAST = 8  # cells that a column keeps when the terminal is narrow


def cell_width(text: str) -> int:
    """Returns how many cells a text takes."""
    if text.isascii():
        return len(text)
    from dltui.render.cells import cell_width  # Rich's tables: 12 ms, for texts beyond ASCII only

    return cell_width(text)


def aligned(
    rows: Sequence[Sequence[str]],
    width: int | None,
    *,
    right: Sequence[int] = (),
    whole: Sequence[int] = (),
    first: Sequence[int] = (),
) -> list[str]:
    """Returns one line a row, its columns padded to one width; `right` names the columns that end flush.

    Where the lines are wider than `width`, the widest columns are cut, with an ellipsis, until they fit: those of
    `first` one after the other before the rest, those of `whole` never: a name that is cut cannot be typed.
    """
    columns = [[" ".join(cell.split()) for cell in column] for column in zip(*rows, strict=True)]
    widths = [widest(column) for column in columns]
    used = [number for number, size in enumerate(widths) if size]
    for giving in (*((column,) for column in first), set(used) - set(whole)):
        while width and giving and sum(widths) + len(GAP) * (len(used) - 1) > width:
            number = max(giving, key=widths.__getitem__)
            if widths[number] <= LEAST:
                break
            widths[number] -= 1
    padded = [_padded_column(columns[i], widths[i], i in right) for i in used]
    return [GAP.join(cells).rstrip() for cells in zip(*padded, strict=True)] if used else [""] * len(rows)


def widest(column: Sequence[str]) -> int:
    """Returns how many cells the widest of some texts takes."""
    return max(map(len if all(map(str.isascii, column)) else cell_width, column))


def _padded_column(column: Sequence[str], width: int, right: bool) -> list[str]:
    """The cells, padded or cut to `width`; those of a list of thousands are mostly ASCII, and fit."""
    pad = str.rjust if right else str.ljust
    return [
        pad(text, width) if text.isascii() and len(text) <= width else _padded(text, width, right) for text in column
    ]


def explained(rows: Sequence[Sequence[str]], width: int | None, indent: str = "  ") -> list[str]:
    """Returns rows whose last cell is a text: it goes on below itself where it is longer than the line."""
    if not rows:
        return []
    heads = [indent + line for line in aligned([row[:-1] for row in rows], None)]
    column = max(map(cell_width, heads)) + len(GAP)
    if width and width - column < NARROW:
        column = len(indent) * 3  # no room beside: the text goes below
    lines: list[str] = []
    for head, row in zip(heads, rows, strict=True):
        first, *rest = _wrapped(row[-1], width and width - column)
        if cell_width(head) + len(GAP) <= column:
            lines.append(f"{_padded(head, column, False)}{first}".rstrip())
        else:
            lines += [head, " " * column + first] if first else [head]
        lines += [" " * column + line for line in rest]
    return lines


def _wrapped(text: str, width: int | None) -> list[str]:
    if not width or cell_width(text) <= width:
        return [text]
    from dltui.render.cells import wrapped  # Rich's tables again, only where a text is too long

    return wrapped(text, width)


def cut(text: str, width: int) -> str:
    """Returns a text of at most `width` cells, with an ellipsis where its end has no room."""
    if cell_width(text) <= width:
        return text
    while text and cell_width(text) > width - 1:
        text = text[:-1]
    return text + "…"


def _padded(text: str, width: int, right: bool) -> str:
    text = cut(text, width)
    blank = " " * (width - cell_width(text))
    return blank + text if right else text + blank
