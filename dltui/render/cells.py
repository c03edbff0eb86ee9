"""Text and lines measured in a terminal's cells: cut, padded, wrapped, joined; never wider than they may be."""

import re
from collections.abc import Iterable, Sequence

from rich.cells import cell_len, split_graphemes
from rich.segment import Segment
from rich.style import Style

from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.text import clean, clean_line

Line = list[Segment]
FAINT = Style(dim=True)
# joiners and variation selectors: terminals do not agree about the width of what they join
_JOINERS = "[\u00ad\u034f\u061c\u180e\u200b-\u200d\u2060-\u2064\ufe00-\ufe0f\ufeff]"


def cell_width(text: str) -> int:
    """Returns how many cells a text takes."""
    return cell_len(text)


def shown(text: object) -> str:
    """Returns a text of unknown origin as one line that is safe to draw and has one width everywhere."""
    line = clean_line(text)
    return line if line.isascii() else re.sub(_JOINERS, "", line)


def _head(text: str, width: int) -> str:
    """The longest beginning of a text that takes at most `width` cells."""
    if text.isascii():
        return text[:width]
    end = 0
    for start, stop, size in split_graphemes(text)[0]:
        if size > width:
            return text[:start]
        width, end = width - size, stop
    return text[:end]


def cut(text: str, width: int, look: TerminalCapabilities) -> str:
    """Returns a text of at most `width` cells, its end replaced by an ellipsis where it is longer."""
    if cell_len(text) <= width:
        return text
    ellipsis = "…" if look.unicode else "~"
    return _head(text, width - 1) + ellipsis if width > 1 else _head(text, max(0, width))


def pad(text: str, width: int, align: str = "left") -> str:
    """Returns a text of exactly `width` cells; what is too long is cut, the rest is filled as `align` says."""
    missing = width - cell_len(text)
    if missing < 0:
        text = _head(text, max(0, width))
        missing = width - cell_len(text)
    if align == "right":
        return " " * missing + text
    if align == "center":
        return " " * (missing // 2) + text + " " * (missing - missing // 2)
    return text + " " * missing


def fit(line: Iterable[Segment], width: int) -> Line:
    """Returns a line of exactly `width` cells: what is beyond is cut, what is missing is blank."""
    fitted: Line = []
    left = width
    for segment in line:
        size = cell_len(segment.text)
        if size > left:
            head = _head(segment.text, left)
            fitted.append(Segment(head, segment.style))
            left -= cell_len(head)
            break
        fitted.append(segment)
        left -= size
    if left > 0:
        fitted.append(Segment(" " * left))
    return fitted


def line_of(text: str, width: int, look: TerminalCapabilities, style: Style | None = None, align: str = "left") -> Line:
    """Returns a line of exactly `width` cells that holds a text, cut with an ellipsis."""
    return [Segment(pad(cut(text, width, look), width, align), style)]


def blank(width: int, height: int = 1) -> list[Line]:
    """Returns `height` empty lines of `width` cells."""
    return [[Segment(" " * width)] for _ in range(height)]


def filled(lines: Sequence[Line], width: int, height: int) -> list[Line]:
    """Returns exactly `height` lines of exactly `width` cells: the first of `lines`, then blank ones."""
    kept = [fit(line, width) for line in lines[: max(0, height)]]
    return kept + blank(width, height - len(kept))


def beside(pictures: Sequence[Sequence[Line]], gap: int = 1) -> list[Line]:
    """Returns pictures side by side, `gap` cells between them; each must hold a line, all its lines equally wide."""
    height = max(map(len, pictures), default=0)
    columns = []
    for picture in pictures:
        width = sum(cell_len(segment.text) for segment in picture[0])
        columns.append([*picture, *blank(width, height - len(picture))])
    between = [Segment(" " * gap)] if gap else []
    joined: list[Line] = []
    for row in range(height):
        line: Line = []
        for number, column in enumerate(columns):
            line += (between if number else []) + column[row]
        joined.append(line)
    return joined


def stacked(pictures: Sequence[Sequence[Line]], gap: int = 0) -> list[Line]:
    """Returns pictures one above the other, `gap` blank lines between them, all as wide as the widest."""
    width = max((sum(cell_len(segment.text) for segment in line) for lines in pictures for line in lines), default=0)
    joined: list[Line] = []
    for number, picture in enumerate(pictures):
        joined += blank(width, gap if number else 0)
        joined += [fit(line, width) for line in picture]
    return joined


def wrapped(text: str, width: int) -> list[str]:
    """Returns a text of several lines as lines of at most `width` cells, broken between words where that can be."""
    found: list[str] = []
    for paragraph in re.sub(_JOINERS, "", clean(text)).split("\n"):
        indent = paragraph[: len(paragraph) - len(paragraph.lstrip(" "))]
        line = indent if len(indent) < width // 2 else ""
        size, begun = len(line), False
        for word in paragraph.split():
            need = cell_len(word)
            if begun and size + 1 + need > width:
                found.append(line)
                line, size, begun = "", 0, False
            while size + begun + need > width and need > 0:  # longer than a line
                head = _head(word, width - size) or word[:1]
                found.append(line + head if cell_len(head) <= width - size else line)
                word, line, size = word[len(head) :], "", 0
                need = cell_len(word)
            if word:
                line, size, begun = f"{line}{' ' * begun}{word}", size + begun + need, True
        found.append(line)
    return found


def message(text: str, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns a picture that holds only a faint text, in its middle."""
    lines = wrapped(text, width)[:height]
    above = (height - len(lines)) // 2
    drawn = [[Segment(pad(line, width, "center"), FAINT)] for line in lines]
    return filled(blank(width, above) + drawn, width, height)
