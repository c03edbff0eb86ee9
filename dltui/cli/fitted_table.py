"""A table that fits the terminal so that what is shown can be read: entries in fewer words, then columns left out."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from dltui.cli.columns import GAP, aligned, cell_width, cut, widest


class Column(NamedTuple):
    """One column: its head, and a cell a row."""

    head: str
    cells: Sequence  # texts, or what `text` makes one of
    text: Callable[[object, int | None], str] | None = None  # (cell, cells of room or None) -> what stands there
    short: Sequence[str] | None = None  # the cells in fewer words
    least: int = 0  # cells of room below which it is left out rather than cut; 0: it is never cut
    right: bool = False

    @property
    def texts(self) -> list[str]:
        """Its head, and the cells as they stand where there is room for all of them."""
        whole = self.cells if self.text is None else [self.text(cell, None) for cell in self.cells]
        return [self.head, *whole]


def fitted(columns: Sequence[Column], width: int | None, giving: Sequence[str]) -> tuple[list[str], list[str]]:
    """Returns the lines of a table, its head first, and the heads of the columns that had no room.

    giving: heads. At first those that can be cut are, each down to its `least`, the first one first; then cells are
    said in fewer words; then columns are left out, the first one first. Where even that is not enough, the others are
    cut that have a `least`. A column that is empty takes no room.
    """
    columns = [column for column in columns if any(column.cells)]
    brief = [column._replace(cells=column.short) if column.short else column for column in columns]
    texts = {id(column): column.texts for column in {id(one): one for one in (*columns, *brief)}.values()}
    known = {column: widest(cells) for column, cells in texts.items()}
    for count in range(len(giving) + 1):
        for shown in (columns, brief):
            kept = [column for column in shown if column.head not in giving[:count]]
            left_out = [column.head for column in shown if column.head in giving[:count]]
            widths = _widths(kept, [known[id(column)] for column in kept], width, giving)
            if widths:
                break
        if widths:
            break
    rows = [
        texts[id(column)] if room is None else _fitting(column, room)
        for column, room in zip(kept, widths or [None] * len(kept), strict=True)
    ]
    never = [number for number, column in enumerate(kept) if not column.least]
    right = [number for number, column in enumerate(kept) if column.right]
    return aligned(list(zip(*rows, strict=True)), width, right=right, whole=never), left_out


def _widths(
    columns: Sequence[Column], natural: Sequence[int], width: int | None, giving: Sequence[str]
) -> list[int | None] | None:
    """How wide columns are made that must be cut, None for the others; None where there is no room for all columns."""
    beyond = sum(natural) + len(GAP) * (len(columns) - 1) - width if width else 0
    found: list[int | None] = [None] * len(columns)
    for number in sorted(range(len(columns)), key=lambda n: [*giving, columns[n].head].index(columns[n].head)):
        if beyond > 0 and 0 < columns[number].least < natural[number]:
            found[number] = max(columns[number].least, natural[number] - beyond)
            beyond -= natural[number] - found[number]
    return None if beyond > 0 else found


def _fitting(column: Column, room: int) -> list[str]:
    """The texts of a column that has so much room."""
    if column.text is None:
        return [cut(text, room) for text in column.texts]
    return [column.head, *(column.text(cell, room) for cell in column.cells)]


def as_many(texts: Sequence[str], room: int | None, counted: str) -> str:
    """Returns texts with commas between them: as many whole ones as there is room for, and how many more there are.

    counted: what is counted where not even the first has room: "3 claims".
    """
    for kept in range(len(texts), 0, -1):
        more = [f"+{len(texts) - kept}"] if kept < len(texts) else []
        line = ", ".join([*texts[:kept], *more])
        if room is None or cell_width(line) <= room:
            return line
    return f"{len(texts)} {counted}{'s' * (len(texts) > 1)}" if texts else ""
