"""A lesson's text as what a page shows: paragraphs with code in them, formulas, commands."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from markupsafe import Markup

from dltui.text import clean

INDENT = "    "


class Block(NamedTuple):
    """kind: prose, formula or commands; markup: what stands in it, escaped."""

    kind: str
    markup: Markup


def blocks(lesson: str) -> Iterator[Block]:
    """Yields the blocks of a lesson in their order."""
    for part in re.split(r"\n\s*\n", clean(lesson).strip("\n")):
        prose: list[str] = []
        set_apart: list[str] = []
        for line in part.split("\n"):
            if line.startswith(INDENT):
                yield from _prose(prose)
                prose = []
                set_apart.append(line[len(INDENT) :].rstrip())
            else:
                yield from _set_apart(set_apart)
                set_apart = []
                prose.append(line.strip())
        yield from _prose(prose)
        yield from _set_apart(set_apart)


def _prose(lines: list[str]) -> Iterator[Block]:
    text = " ".join(lines).strip()
    if text:
        pieces = re.split(r"`([^`]+)`", text)  # every second one stood between backticks
        marked = (Markup("<code>{}</code>" if place % 2 else "{}").format(piece) for place, piece in enumerate(pieces))
        yield Block("prose", Markup("").join(marked))


def _set_apart(lines: list[str]) -> Iterator[Block]:
    if lines:
        kind = "commands" if all(line.lstrip().startswith("dltui ") for line in lines) else "formula"
        yield Block(kind, Markup("{}").format("\n".join(lines)))
