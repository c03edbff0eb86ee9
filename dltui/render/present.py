"""A run for a projector: title, one picture as large as there is room, one claim, and the lesson piece by piece."""

import re
from itertools import groupby
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style

from dltui.recipes import lesson
from dltui.recipes.recipe import Recipe
from dltui.render import claims, gallery, header, palette, plots
from dltui.render.cells import FAINT, Line, beside, blank, cut, filled, fit, line_of, message, shown, wrapped
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.history import History
from dltui.runs.run import Run

KEYS = "space: the lesson   b: back   p: other picture   q: leave"
CALM = ("starting", "running", "done")  # told by the picture and the claim
LONGEST = 340  # characters of a piece of the lesson: five lines of 80
WIDE = 110  # columns from which on the lesson stands beside the picture
LEAST = 8  # lines that a picture keeps above the lesson
GAP, MARGIN = 3, 2
SENTENCE = re.compile(r"(?<=[.!?]) +")


class Chosen(NamedTuple):
    """What is shown now. piece: of the lesson, 0 for the picture alone; picture: which, any number;
    keys: whether they are told."""

    piece: int = 0
    picture: int = 0
    keys: bool = True


class Paragraph(NamedTuple):
    """A line or more of a lesson. set_apart: a formula, or commands, kept as they are."""

    text: str
    set_apart: bool


def pieces(text: str) -> list[list[Paragraph]]:
    """Returns a lesson in pieces, each for one press of a key: a paragraph with the formula or commands below it."""
    found: list[list[Paragraph]] = []
    for part in lesson.paragraphs(text):
        for set_apart, passages in groupby(part, key=lambda passage: passage.set_apart):
            paragraph = Paragraph(("\n" if set_apart else " ").join(_words(passage) for passage in passages), set_apart)
            if set_apart and found and not found[-1][-1].set_apart:
                found[-1].append(paragraph)
            else:
                found += [[one] for one in _short(paragraph)]
    return found


def _words(passage: lesson.Passage) -> str:
    return passage.text if passage.set_apart else "".join(text for text, _ in lesson.spans(passage.text))


def _short(paragraph: Paragraph) -> list[Paragraph]:
    """A long paragraph in parts of whole sentences, as even as they come."""
    if paragraph.set_apart or len(paragraph.text) <= LONGEST:
        return [paragraph]
    parts, most = [""], len(paragraph.text) / -(-len(paragraph.text) // LONGEST)
    for sentence in SENTENCE.split(paragraph.text):
        if parts[-1] and len(parts[-1]) + len(sentence) / 2 > most:
            parts.append("")
        parts[-1] = f"{parts[-1]} {sentence}".strip()
    return [Paragraph(part, False) for part in parts]


def render(
    history: History,
    run: Run,
    recipe: Recipe,
    parts: list[list[Paragraph]],
    chosen: Chosen,
    width: int,
    height: int,
    look: TerminalCapabilities,
    *,
    lost: bool = False,
    said: str = "",
) -> list[Line]:
    """Returns `height` lines of `width` cells. said: shown in the place of the claim."""
    top = [_title(history, recipe, width, look, lost), _rule(history, width, look)]
    bottom = [_last(history, recipe, width, look, said)]
    if chosen.keys:
        bottom.append(line_of(cut(KEYS, width, look), width, look, FAINT))
    room = max(0, height - len(top) - len(bottom))
    piece = parts[chosen.piece - 1] if 0 < chosen.piece <= len(parts) else []
    return filled([*top, *_body(history, run, recipe, piece, chosen, width, room, look), *bottom], width, height)


def _body(
    history: History, run: Run, recipe: Recipe, piece: list[Paragraph], chosen: Chosen, width: int, height: int,
    look: TerminalCapabilities,
) -> list[Line]:  # fmt: skip
    """The picture, and a piece of the lesson: beside a single picture where that has room, else below."""
    found = _seen(history, recipe, chosen.picture, width, height)
    if not piece:
        return _picture(history, run, found, width, height, look) if found else _nothing(history, width, height, look)
    right = width * 2 // 5 - MARGIN
    apart = [line for one in piece if one.set_apart for line in one.text.split("\n")]
    if width >= WIDE and isinstance(found, list) and len(found) == 1 and all(len(line) <= right for line in apart):
        text = _text(piece, right, look)
        if len(text) < height:
            written = filled([*blank(right, (height - len(text)) // 2), *text], right, height)
            return beside([_picture(history, run, found, width - right - GAP, height, look), written], GAP)
    text = [fit([Segment(" " * MARGIN), *line], width) for line in _text(piece, width - 2 * MARGIN, look)]
    above = height - len(text) - 2
    if above < LEAST:  # nothing of the lesson is left out for a picture of a few lines
        return filled(text, width, height)
    return [*_picture(history, run, found, width, above, look), *blank(width), *text, *blank(width)]


def _nothing(history: History, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    return message("" if history.started else "Starting ...", width, height, look)


def _text(piece: list[Paragraph], width: int, look: TerminalCapabilities) -> list[Line]:
    lines: list[Line] = []
    for one in piece:
        lines += blank(width) if lines else []
        style = Style(bold=True) if one.set_apart else None
        lines += [
            line_of(line, width, look, style) for text in one.text.split("\n") for line in wrapped(shown(text), width)
        ]
    return lines


Plot = tuple[str, ...]  # its metrics
Pictures = list[tuple[str, str]]  # (series, pane)


def _seen(history: History, recipe: Recipe, number: int, width: int, height: int) -> Plot | Pictures:
    """What the number stands for: a pane's pictures, those that are large where they have all the room, or a plot. The
    panes come first, then the plots, the claimed one before the others."""
    panes = list(dict.fromkeys(pane for _, pane in history.panes))
    groups = plots.groups(history, recipe)
    if not panes and not groups:
        return ()
    number %= len(panes) + len(groups)
    if number >= len(panes):
        return tuple(groups[number - len(panes)])
    keys = [key for key in history.panes if key[1] == panes[number]]
    return gallery.seen_from_afar(history, keys, width, height)


def _picture(
    history: History, run: Run, found: Plot | Pictures, width: int, height: int, look: TerminalCapabilities
) -> list[Line]:
    if height < 1 or not found:
        return blank(width, height)
    if isinstance(found, tuple):
        return filled(plots.draw(history, found, width, height, look).lines, width, height)
    return gallery.shelved(history, run, found, width, height, look)


def _title(history: History, recipe: Recipe, width: int, look: TerminalCapabilities, lost: bool) -> Line:
    if header.status(history, lost=lost) not in CALM:
        return header.title_line(history, recipe, width, look, lost=lost)
    return line_of(cut(shown(recipe.title), width, look), width, look, Style(bold=True))


def _rule(history: History, width: int, look: TerminalCapabilities) -> Line:
    """How far the run is, without a number."""
    done = min(width, width * history.step // history.steps) if history.steps else 0
    past, ahead = ("━", "─") if look.unicode else ("=", "-")
    return fit([Segment(past * done, palette.ink(header.CALM, look)), Segment(ahead * (width - done), FAINT)], width)


def _last(history: History, recipe: Recipe, width: int, look: TerminalCapabilities, said: str) -> Line:
    """One claim and what is reached: the first that is not met, or the first of all."""
    if said:
        return line_of(cut(shown(said), width, look), width, look, palette.ink(palette.WARNING, look))
    found = sorted(claims.judged(history, recipe), key=lambda one: one["ok"])
    if not found:
        return blank(width)[0]
    one, met = found[0], found[0]["ok"]
    got = claims.got(one, history.declared) if one["got"] is not None else "?"
    sign = (" ✓" if look.unicode else " ok") if met else ""
    ink = palette.ink(palette.GOOD if met else palette.WARNING, look, bold=True)
    text = f"{shown(one['name'])} {claims.bound(one, short=True)}"
    return fit([Segment(cut(text, width - len(got) - 6, look), Style(bold=True)), Segment("   "),
                Segment(got + sign, ink)], width)  # fmt: skip
