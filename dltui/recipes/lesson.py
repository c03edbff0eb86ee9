"""A lesson's text taken apart into paragraphs of prose, formulas and commands.

The little of Markdown that lessons use, read here alone; nothing else in them has a meaning.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from dltui.text import clean

INDENT = "    "
COMMAND = "dltui "  # how an indented line that can be run begins
_CODE = re.compile(r"`([^`]+)`")


class Passage(NamedTuple):
    """kind: prose, on one line and with its `code` marked; formula or command, an indented line without its indent."""

    kind: str
    text: str

    @property
    def set_apart(self) -> bool:
        return self.kind != "prose"


def paragraphs(lesson: str) -> list[list[Passage]]:
    """Returns the passages of a lesson, those between two empty lines together."""
    parts = re.split(r"\n\s*\n", clean(lesson).strip("\n"))
    return [passages for part in parts if (passages := list(_passages(part)))]


def _passages(part: str) -> Iterator[Passage]:
    prose: list[str] = []
    for line in filter(str.strip, part.split("\n")):
        if not line.startswith(INDENT):
            prose.append(line.strip())
            continue
        yield from _prose(prose)
        prose = []
        yield _set_apart(line[len(INDENT) :].rstrip())
    yield from _prose(prose)


def _prose(lines: list[str]) -> Iterator[Passage]:
    """What stands between backticks and is all there is, is a formula or a command."""
    text = " ".join(lines)
    whole = re.fullmatch(_CODE.pattern + r"[.,:;]?", text)
    if text:
        yield _set_apart(whole[1]) if whole else Passage("prose", text)


def _set_apart(line: str) -> Passage:
    return Passage("command" if line.lstrip().startswith(COMMAND) else "formula", line)


def spans(prose: str) -> list[tuple[str, bool]]:
    """Returns the pieces of a passage of prose in their order, and of each whether it is code."""
    pieces = _CODE.split(prose)  # every second one stood between backticks
    return [(piece, place % 2 == 1) for place, piece in enumerate(pieces) if piece]
