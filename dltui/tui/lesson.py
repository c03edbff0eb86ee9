"""A lesson laid out in lines: paragraphs filled, `code` spans kept whole, indented lines set apart."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from dltui.recipes.lesson import Passage, paragraphs
from dltui.render.cells import cell_width, wrapped

GUTTER = 4  # cells before an indented line
WIDEST = 92  # cells of a line of prose: longer ones are hard to read
_PIECE = re.compile(r"`([^`]+)`|([^\s`]+|`)|(\s+)")


class Piece(NamedTuple):
    """A text and what it is: text, code, formula, command, more (the rest of a command), faint."""

    text: str
    role: str


Line = list[Piece]


class Layout(NamedTuple):
    """commands: the lesson's command lines, whole, with the line at which each begins."""

    lines: list[Line]
    commands: list[tuple[int, str]]


def language_of(variables: Mapping[str, str]) -> str:
    """Returns the language of lessons that the locale asks for: en or ru."""
    locale = next((variables[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if variables.get(name)), "")
    return "ru" if locale.startswith("ru") else "en"


def laid_out(lesson: str, width: int) -> Layout:
    """Returns the lesson in lines of at most `width` cells."""
    lines: list[Line] = []
    commands: list[tuple[int, str]] = []
    for paragraph in paragraphs(lesson):
        if lines:
            lines.append([])
        for passage in paragraph:
            if passage.kind == "command":
                commands.append((len(lines), passage.text.strip()))
            lines += _set_apart(passage, width) if passage.set_apart else _prose(passage.text, width)
    return Layout(lines, commands)


def _set_apart(passage: Passage, width: int) -> list[Line]:
    """An indented line: a command, which goes on further in where it is too long, or a formula."""
    role, line = passage
    room = max(8, width - GUTTER)
    if cell_width(line) <= room:
        return [[Piece(line, role)]]
    head, *rest = wrapped(line, room) if role == "formula" else _broken(line, room)
    return [[Piece(head, role)], *([Piece(part, "more" if role == "command" else role)] for part in rest)]


def _broken(command: str, room: int) -> list[str]:
    first, *rest = wrapped(command, room)
    return [first, *wrapped(" ".join(rest), room - 2)]


def _prose(text: str, width: int) -> list[Line]:
    """A paragraph filled to the width."""
    width = max(8, min(width, WIDEST))
    lines: list[Line] = []
    line: Line = []
    used = 0
    for unit in _units(text, width):
        size = _size(unit)
        if line and used + 1 + size > width:
            lines.append(line)
            line, used = [], 0
        if line:
            line.append(Piece(" ", "text"))
            used += 1
        line += unit
        used += size
    return [*lines, line] if line else lines


def _units(text: str, width: int) -> list[Line]:
    """What may not be broken: words, and code spans with what touches them, where these fit on a line."""
    units: list[Line] = [[]]
    for code, word, _ in _PIECE.findall(text):
        if code:
            units[-1].append(Piece(code, "code"))
        elif word:
            units[-1].append(Piece(word, "text"))
        elif units[-1]:
            units.append([])
    fitting: list[Line] = []
    for unit in filter(None, units):
        if _size(unit) <= width:
            fitting.append(unit)
        else:
            fitting += _broken_unit(unit, width)
    return fitting


def _broken_unit(unit: Line, width: int) -> list[Line]:
    """Words of a code span that is longer than a line; what touches the span stays with its first and last word."""
    words: list[Line] = [[]]
    for text, role in unit:
        for number, word in enumerate(text.split(" ")):
            if number:
                words.append([])
            words[-1] += [Piece(part, role) for part in wrapped(word, width)]
    return [[piece] for word in words for piece in word] if any(_size(word) > width for word in words) else words


def _size(line: Line) -> int:
    return sum(cell_width(piece.text) for piece in line)


def indent(line: Line) -> int:
    """Returns how many cells stand before a line."""
    role = line[0].role if line else "text"
    return {"command": GUTTER, "formula": GUTTER, "more": GUTTER + 2}.get(role, 0)
