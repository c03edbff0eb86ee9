"""Orders side by side: in each column the same names, the best on top, those of a group in its colour."""

from rich.segment import Segment
from rich.style import Style

from dltui.render import palette
from dltui.render.cells import FAINT, Line, cut, filled, line_of, message, pad, shown
from dltui.render.terminal_capabilities import TerminalCapabilities

BOLD = Style(bold=True)
GAP = 1
NARROWEST = 4  # cells of a column
WIDEST = 20


def render(payload: dict, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells.

    payload["columns"]: what orders them; ["orders"]: names in each column, the best first; ["groups"]: {name: number}
    of those that count, the others are faint; ["cut"]: a line after that many places.
    """
    heads = [shown(name) for name in payload.get("columns") or ()]
    orders = [[shown(name) for name in names] for names in payload.get("orders") or ()][: len(heads)]
    most = max(map(len, orders), default=0)
    if not most:
        return message("no ranks", width, height, look)
    groups = {shown(name): int(number) for name, number in (payload.get("groups") or {}).items()}
    margin = len(str(most)) + 1
    count = max(1, min(len(orders), (width - margin) // (NARROWEST + GAP)))
    each = max(1, min(WIDEST, (width - margin) // count - GAP))
    lines = [_line("", heads[:count], [BOLD] * count, margin, each, look)]
    for place, names in enumerate(_rows(orders[:count], most), start=1):
        if place == (payload.get("cut") or 0) + 1 and place > 1:
            lines.append(_rule(margin, count, each, look))
        signed = [_signed(name, groups, look) for name in names]
        lines.append(_line(str(place), signed, [_style(name, groups, look) for name in names], margin, each, look))
    if len(lines) > height > 1:
        hidden = most - sum(1 for line in lines[: height - 1] if line[0].text.strip())
        lines = [*lines[: height - 1], line_of(f"+{hidden} more", width, look, FAINT)]
    return filled(lines, width, height)


def _rows(orders: list[list[str]], most: int) -> list[list[str]]:
    return [[names[place] if place < len(names) else "" for names in orders] for place in range(most)]


def _signed(name: str, groups: dict[str, int], look: TerminalCapabilities) -> str:
    """A name with the sign of its group, where there are no colours to tell it."""
    if look.colours != "none" or not name:
        return name
    return (palette.mark(groups[name]) if name in groups else " ") + name


def _style(name: str, groups: dict[str, int], look: TerminalCapabilities) -> Style:
    return palette.ink(palette.series(groups[name]), look, bold=True) if name in groups else FAINT


def _line(
    place: str, texts: list[str], styles: list[Style], margin: int, each: int, look: TerminalCapabilities
) -> Line:
    line: Line = [Segment(place.rjust(margin - 1) + " ", FAINT)]
    for text, style in zip(texts, styles, strict=True):
        line.append(Segment(pad(cut(text, each, look), each), style))
        line.append(Segment(" " * GAP))
    return line


def _rule(margin: int, count: int, each: int, look: TerminalCapabilities) -> Line:
    dash = "─" if look.unicode else "-"
    return [Segment(" " * margin), Segment(((dash * each + " " * GAP) * count).rstrip(), FAINT)]
