"""Tables: a head, and rows aligned beneath it, numbers to the right."""

from rich.segment import Segment
from rich.style import Style

from dltui.render.cells import FAINT, Line, cell_width, cut, filled, line_of, message, pad, shown
from dltui.render.number import number
from dltui.render.terminal_capabilities import TerminalCapabilities

HEAD = Style(bold=True)
GAP = 2
READABLE = 10  # cells of an entry that are not cut away
NARROWEST = 4  # cells to which the head of a column may be cut


def render(payload: dict, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells; columns and rows without room are left out, and that is said."""
    head = [shown(name) for name in payload.get("columns") or ()]
    given = payload.get("rows") or ()
    count = max([len(head), *(len(row) for row in given[:height])])
    if not count:
        return message("no rows", width, height, look)
    head += [""] * (count - len(head))
    topped = int(any(head)) * (1 + (height >= 4))
    room = max(0, height - topped)
    fitting = len(given) if len(given) <= room else max(0, room - 1)
    rows = [[_text(value) for value in row] + [""] * (count - len(row)) for row in given[:fitting]]
    right = [_numeric([row[column] for row in given[:fitting] if column < len(row)]) for column in range(count)]
    widest = [max(map(cell_width, column)) for column in zip(head, *rows, strict=True)]
    entries = [max((cell_width(row[column]) for row in rows), default=0) for column in range(count)]
    least = [min(wide, max(size, NARROWEST), READABLE) for wide, size in zip(widest, entries, strict=True)]
    widths = _widths(widest, least, width)
    lines = [_line(head, widths, right, look, HEAD)] if topped else []
    if topped == 2:
        lines.append([Segment((" " * GAP).join(("─" if look.unicode else "-") * wide for wide in widths), FAINT)])
    lines += [_line(row, widths, right, look) for row in rows]
    if fitting < len(given) and room:
        lines.append(line_of(f"+{len(given) - fitting} more", width, look, FAINT))
    return filled(lines, width, height)


def _text(value: object) -> str:
    return number(value) if isinstance(value, float) else shown("" if value is None else value)


def _numeric(values: list[object]) -> bool:
    numbers = [value for value in values if value is not None]
    return bool(numbers) and all(
        (isinstance(value, int | float) and not isinstance(value, bool)) or value in ("nan", "inf", "-inf")
        for value in numbers
    )


def _widths(wanted: list[int], least: list[int], width: int) -> list[int]:
    """Widths of the columns that have room, none below what is its `least`.

    As many columns as have room at all; of these the widest give way first.
    """
    count = next(n for n in range(len(wanted), 0, -1) if n == 1 or sum(least[:n]) + GAP * (n - 1) <= width)
    widths, least = [max(1, size) for size in wanted[:count]], least[:count]
    if count == 1:
        return [min(widths[0], width)]
    while sum(widths) + GAP * (count - 1) > width:
        at = max((index for index in range(count) if widths[index] > least[index]), key=lambda index: widths[index])
        widths[at] -= 1
    return widths


def _line(
    texts: list[str], widths: list[int], right: list[bool], look: TerminalCapabilities, style: Style | None = None
) -> Line:
    parts = [
        pad(cut(text, wide, look), wide, "right" if to_right else "left")
        for text, wide, to_right in zip(texts, widths, right, strict=False)
    ]
    return [Segment((" " * GAP).join(parts), style)]
