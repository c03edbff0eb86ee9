"""The legend over a plot of curves: what its axis is, and every curve by its name, with its latest value.

The key of a picture, and how entries flow over lines, is `legend.py`.
"""

from collections.abc import Sequence
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style

from dltui.render.cells import FAINT, Line
from dltui.render.legend import GAP, flowed
from dltui.render.terminal_capabilities import TerminalCapabilities

BOLD = Style(bold=True)
LEAST_ROWS = 7  # lines that a long legend leaves to the plot
SAMPLES = ("━━", "╍╍", "┅┅", "━╸", "╺ ")  # how the dashes of curves look, where there are no colours
PLAIN_SAMPLES = ("--", "- ", "-.", "~~", ". ")


class Entry(NamedTuple):
    """A curve: its name, its latest value as it is written, and its colour."""

    name: str
    value: str
    ink: Style


def legend(
    title: str, note: str, entries: Sequence[Entry], width: int, height: int, look: TerminalCapabilities
) -> list[Line]:
    """Returns the legend of a plot that takes `height` lines in all; note: what there is to say of the axis.

    Where not all has room, first the samples go, then the values: a name in its curve's colour says most. What has no
    place even then is counted.
    """
    few, several, many = max(1, min(3, height // 6)), max(1, min(3, (height - 5) // 2)), max(1, height - LEAST_ROWS)
    tries = [(entries, few), (entries, several), ([entry._replace(value="") for entry in entries], many)]
    return _first_that_fits([part for part in ((title, BOLD), (note, FAINT)) if part[0]], tries, width, look)


def counts(title: str, unit: str, entries: Sequence[Entry], width: int, most: int) -> list[Line]:
    """Returns counts, each under the name of what counts, on at most `most` lines."""
    return _placed([(title, BOLD), (unit, FAINT)], entries, [""] * len(entries), width, most)[0]


def lines_for(title: str, names: Sequence[str], width: int, look: TerminalCapabilities) -> int:
    """Returns how many lines a plot needs, so that its legend can name every curve."""
    named = [Entry(name, "", Style.null()) for name in names]
    return LEAST_ROWS + len(_first_that_fits([(title, BOLD)], [(named, len(names) + 1)], width, look))


def _first_that_fits(
    head: Sequence[tuple[str, Style]],
    tries: Sequence[tuple[Sequence[Entry], int]],
    width: int,
    look: TerminalCapabilities,
) -> list[Line]:
    """The first legend that names every curve, else the last; of each with samples before the one without.

    head: texts before the entries. tries: entries, and how many lines they may take.
    """
    found: list[Line] = []
    for entries, most in tries:
        samples = [f"{sample(index, look)} " for index in range(len(entries))]
        bare = [""] * len(entries)
        for signs in (samples, bare) if look.colours != "none" else (samples,):
            found, left = _placed(head, entries, signs, width, most)
            if not left:
                return found
    return found


def sample(index: int, look: TerminalCapabilities) -> str:
    """How the line of a curve looks."""
    samples = SAMPLES if look.unicode else PLAIN_SAMPLES
    return samples[0 if look.colours != "none" else index % len(samples)]


def _placed(
    head: Sequence[tuple[str, Style]], entries: Sequence[Entry], samples: Sequence[str], width: int, most: int
) -> tuple[list[Line], int]:
    """The legend on at most `most` lines, and how many curves it does not name but count."""
    texts = [(text, style) for text, style in head if text]
    beginning = [Segment(" " * bool(index) + text, style) for index, (text, style) in enumerate(texts)]
    parts = [_drawn(entry, sign) for entry, sign in zip(entries, samples, strict=True)]
    return flowed(parts, GAP, width, most, beginning)


def _drawn(entry: Entry, sign: str) -> Line:
    value = [Segment(f" {entry.value}", BOLD)] if entry.value else []
    return [Segment(sign, entry.ink), Segment(entry.name, None if sign else entry.ink), *value]
