"""A lesson as what a page shows: paragraphs with code in them, formulas, commands."""

from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from markupsafe import Markup

from dltui.recipes.lesson import Passage, paragraphs, spans


class Block(NamedTuple):
    """kind: prose, formula or command; markup: what stands in it, escaped, a line for each that is set apart."""

    kind: str
    markup: Markup


def blocks(lesson: str) -> Iterator[Block]:
    """Yields the blocks of a lesson in their order."""
    for paragraph in paragraphs(lesson):
        for kind, passages in groupby(paragraph, key=lambda passage: passage.kind):
            yield Block(kind, Markup("\n").join(map(_marked, passages)))


def _marked(passage: Passage) -> Markup:
    if passage.set_apart:
        return Markup("{}").format(passage.text)
    return Markup("").join(
        Markup("<code>{}</code>" if code else "{}").format(text) for text, code in spans(passage.text)
    )
