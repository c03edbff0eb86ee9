"""Tables: a head, and rows aligned beneath it, numbers to the right."""

from rich.segment import Segment
from rich.style import Style

from dltui.render.cells import FAINT, Line, cell_width, cut, filled, line_of, message, pad, shown
from dltui.render.look import Look
from dltui.render.number import number

HEAD = Style(bold=True)
GAP = 2
NARROWEST = 4  # cells to which a column may be cut


def render(payload: dict, width: int, height: int, look: Look) -> list[Line]:
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
    widths = _widths([max(map(cell_width, column)) for column in zip(head, *rows, strict=True)], width)
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


def _widths(wanted: list[int], width: int) -> list[int]:
    """Widths of the columns that have room: the widest give way first; then the last columns are left out."""
    widths = [max(1, size) for size in wanted]
    while sum(widths) + GAP * (len(widths) - 1) > width:
        widest = max(widths)
        if widest > NARROWEST:
            second = max((size for size in widths if size < widest), default=0)
            excess = sum(widths) + GAP * (len(widths) - 1) - width
            at = [index for index, size in enumerate(widths) if size == widest]
            smaller = max(NARROWEST, second, widest - -(-excess // len(at)))
            for index in at:
                widths[index] = smaller
        elif len(widths) > 1:
            widths.pop()
        else:
            return [width]
    return widths


def _line(texts: list[str], widths: list[int], right: list[bool], look: Look, style: Style | None = None) -> Line:
    parts = [
        pad(cut(text, wide, look), wide, "right" if to_right else "left")
        for text, wide, to_right in zip(texts, widths, right, strict=False)
    ]
    return [Segment((" " * GAP).join(parts), style)]
