"""Text whose parts have a value or a class: each coloured by it, wrapped to the width, with a key above."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from rich.segment import Segment
from rich.style import Style

from dltui.render import colour as colours
from dltui.render import palette
from dltui.render.cells import FAINT, Line, cell_width, cut, filled, line_of, message, shown
from dltui.render.legend import Entry, legend
from dltui.render.number import short
from dltui.render.plane import span
from dltui.render.terminal_capabilities import TerminalCapabilities

BAR = 16  # cells of the scale of values
ROUND = 10  # classes after which colours repeat, then underlined
END = "↵"


class Part(NamedTuple):
    """A piece of text as it is drawn; `under` is the shade that stands below it where there are no colours."""

    text: str
    style: Style | None
    under: str = " "
    breaks: bool = False  # the line ends behind it


def render(payload: dict, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns `height` lines of `width` cells. payload["parts"]: texts, each with its number in "values" or "label".

    A part that has no room in a line begins the next one; a newline ends one. A blank that would begin a line because
    of the wrapping is left out.
    """
    if not len(payload["parts"]):
        return message("no text", width, height, look)
    with_values = payload.get("values") is not None
    parts, key = _by_value(payload, width, look) if with_values else _by_class(payload, width, look)
    head = [line_of(shown(payload["title"]), width, look, Style(bold=True))] if payload.get("title") else []
    head = (head + key)[: max(0, height - 2)]
    lines = []
    for line in _wrapped(parts, width):
        lines.append([Segment(part.text, part.style) for part in line])
        if with_values and look.colours == "none":
            lines.append([Segment("".join(part.under * cell_width(part.text) for part in line))])
    room = height - len(head)
    if len(lines) > room > 1:
        lines[room - 1 :] = [line_of(f"+{len(lines) - room + 1} lines", width, look, FAINT)]
    return filled([*head, *lines], width, height)


def _texts(payload: dict, end: str) -> list[tuple[str, bool]]:
    """(what is drawn, whether the line ends behind it) of each part; `end` stands for a newline."""
    found = []
    for part in map(str, payload["parts"]):
        breaks = part.endswith("\n")
        found.append((shown(part.rstrip("\n")) + end * breaks, breaks))
    return found


def _by_value(payload: dict, width: int, look: TerminalCapabilities) -> tuple[list[Part], list[Line]]:
    values = np.asarray(payload["values"], float).ravel()[: len(payload["parts"])]
    values = np.pad(values, (0, len(payload["parts"]) - len(values)), constant_values=np.nan)
    low, high = payload.get("limits") or span(values) or (0.0, 1.0)
    shares = np.clip((values - low) / ((high - low) or 1.0), 0, 1)
    codes = palette.SEQUENTIAL.codes(shares, look)
    parts = []
    texts = _texts(payload, END if look.unicode else " ")
    for (text, breaks), share, code in zip(texts, shares.tolist(), codes.tolist(), strict=True):
        known = np.isfinite(share)
        style = _on(int(code), look) if known and look.colours != "none" else None
        parts.append(Part(text, style, _shade(share) if known else " ", breaks))
    return parts, [_scale(low, high, shown(payload.get("unit") or ""), width, look)]


def _on(ground: int, look: TerminalCapabilities) -> Style:
    return colours.style(colours.readable(ground, look), ground)


def _shade(share: float) -> str:
    return palette.SHADES[min(int(share * len(palette.SHADES)), len(palette.SHADES) - 1)]


def _scale(low: float, high: float, unit: str, width: int, look: TerminalCapabilities) -> Line:
    shares = np.linspace(0, 1, BAR)
    if look.colours == "none":
        bar = [Segment("".join(_shade(share) for share in shares.tolist()))]
    else:
        bar = [Segment(" ", _on(int(code), look)) for code in palette.SEQUENTIAL.codes(shares, look)]
    return [Segment(f"{short(low)} ", FAINT), *bar, Segment(cut(f" {short(high)} {unit}", width, look), FAINT)]


def _by_class(payload: dict, width: int, look: TerminalCapabilities) -> tuple[list[Part], list[Line]]:
    """Without colours a part's class is written behind it, and `!` where it is marked."""
    classes = [shown(name) for name in payload.get("classes") or ()]
    label = [*(payload.get("label") or ())][: len(payload["parts"])]
    label += [-1] * (len(payload["parts"]) - len(label))
    marked = set(payload.get("marked") or ())
    mark = shown(payload.get("mark") or "marked")
    if look.colours == "none":
        named = {place: number for place, number in enumerate(label) if 0 <= number < len(classes)}
        suffix = {place: f"/{classes[number]}{'!' * (place in marked)}" for place, number in named.items()}
        texts = enumerate(_texts(payload, ""))
        parts = [Part(text + suffix.get(place, ""), None, breaks=breaks) for place, (text, breaks) in texts]
        return parts, legend([Entry("!", Style(), mark)], width, 1, look) if marked else []
    parts = []
    for place, ((text, breaks), number) in enumerate(zip(_texts(payload, ""), label, strict=True)):
        parts.append(Part(text, _of_class(number, place in marked, look) if number >= 0 else None, breaks=breaks))
    present = sorted({number for number in label if 0 <= number < len(classes)})
    entries = [Entry("■" if look.unicode else "#", _of_class(n, False, look), classes[n]) for n in present]
    if marked:
        entries.insert(0, Entry("x", _of_class(7, True, look), mark))
    return parts, legend(entries, width, 2, look)


def _of_class(number: int, marked: bool, look: TerminalCapabilities) -> Style:
    code = palette.code(palette.series(number), look)
    style = _on(code, look) if marked else colours.style(code)
    return style + Style(underline=True) if number // ROUND % 2 else style


def _wrapped(parts: list[Part], width: int) -> list[list[Part]]:
    """The parts as lines of at most `width` cells."""
    lines: list[list[Part]] = [[]]
    used, forced = 0, False  # forced: this line began because the one before was full
    for part in parts:
        size = cell_width(part.text)
        if used + size > width and used:
            lines.append([])
            used, forced = 0, True
        if forced and not used and part.text.isspace() and not part.breaks:
            continue
        for piece in _pieces(part, width):
            if lines[-1] and used + cell_width(piece.text) > width:
                lines.append([])
                used = 0
            lines[-1].append(piece)
            used += cell_width(piece.text)
        if part.breaks:
            lines.append([])
            used, forced = 0, False
    return lines if lines[-1] else lines[:-1]


def _pieces(part: Part, width: int) -> list[Part]:
    """A part that is wider than a line, cut; a character that is, left out."""
    if cell_width(part.text) <= width:
        return [part]
    cuts, used = [0], 0
    for place, character in enumerate(part.text):
        size = cell_width(character)
        if used + size > width and used:
            cuts.append(place)
            used = 0
        used += size
    texts = [part.text[start:stop] for start, stop in pairwise([*cuts, len(part.text)])]
    return [part._replace(text=text) for text in texts if cell_width(text) <= width]
