"""The rows of the course's tree: which there are, and what stands on each, as cells with their roles."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from dltui.render.cells import cell_width, cut, pad
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.recipe_status import Mark
from dltui.tui.recipe_index import Entry, Hit, search, stems, topic_title

GLYPHS = {"live": "●", "met": "✓", "missed": "✗", "failed": "!", "ran": "·", "next": "→"}
PLAIN_GLYPHS = {"live": ">", "met": "+", "missed": "x", "failed": "!", "ran": ".", "next": "*"}
LONGEST_NAME = 20  # cells of the column of names beside titles
GAP = 2  # cells between name and title
TITLE_FROM = 16  # cells that must be left for a title to be worth its place

Cells = list[tuple[str, str]]  # (text, role)


class TreeRow(NamedTuple):
    """A topic's heading, with how many recipes are under it, or one recipe."""

    topic: str
    count: int = 0
    hit: Hit | None = None


class Standing(NamedTuple):
    """How the recipes stand here. `following` is the name of the one that comes next, "" where none does."""

    marks: Mapping[str, Mark]
    met: Mapping[str, int]  # topic -> how many of its recipes met their claim
    following: str


def duration(seconds: float) -> str:
    """Returns a time as the tree shows it: "90 s", "4 min", "2 h"; '' for none."""
    if seconds <= 0:
        return ""
    return (
        f"{seconds:.0f} s"
        if seconds < 100
        else f"{seconds / 60:.0f} min"
        if seconds < 5400
        else f"{seconds / 3600:.0f} h"
    )


def rows(entries: Sequence[Entry], query: str, folded: Collection[str]) -> list[TreeRow]:
    """Returns the rows of the recipes that hold every word of `query`, without those of the folded topics."""
    topics: dict[str, list[Hit]] = {}
    for hit in search(entries, query):
        topics.setdefault(hit.entry.topic, []).append(hit)
    found = []
    for topic, hits in topics.items():
        found.append(TreeRow(topic, len(hits)))
        if query.strip() or topic not in folded:
            found += [TreeRow(topic, hit=hit) for hit in hits]
    return found


def topic_cells(
    row: TreeRow, width: int, look: TerminalCapabilities, *, folded: bool, standing: Standing | None, query: str
) -> Cells:
    """Returns a topic's heading: how many of its recipes met their claim; while one searches, how many were found."""
    arrow = ("▸" if folded else "▾") if look.unicode else ("+" if folded else "-")
    counted = standing is not None and row.topic in standing.met and not query.strip()
    count = f" {standing.met[row.topic]} of {row.count} " if counted else f" {row.count} "
    title = pad(cut(f"{arrow} {topic_title(row.topic)}", width - len(count), look), width - len(count))
    return [(title, "topic"), (count, "faint")]


def recipe_cells(
    hit: Hit, width: int, look: TerminalCapabilities, *, standing: Standing | None, query: str, name_width: int
) -> Cells:
    """Returns a recipe's row: how it stands here, its name, its title where there is room, and how long it takes.

    name_width: cells of the column of names where titles stand beside them.
    """
    entry = hit.entry
    glyph, kind = _glyph(entry.name, standing, look)
    takes = f" {duration(entry.seconds):>6}"
    if cell_width(entry.name) > width - 4 - len(takes):
        takes = " "  # a name is what one types: it is whole where it can be
    room = width - 4 - len(takes)
    name_width = max(min(name_width, LONGEST_NAME), cell_width(entry.name))  # a longer name moves its title aside
    titled = room - name_width - GAP >= TITLE_FROM
    name_width = name_width if titled else room
    cells = [(f"  {glyph} ", kind), *_with_match(pad(cut(entry.name, name_width, look), name_width), hit, query)]
    if titled:
        title_width = room - name_width - GAP
        cells.append((" " * GAP + pad(cut(entry.title, title_width, look), title_width), "faint"))
    return [*cells, (takes, "faint")]


def _glyph(name: str, standing: Standing | None, look: TerminalCapabilities) -> tuple[str, str]:
    """The mark of a recipe, and its role; the one that comes next has one of its own until it was run."""
    glyphs = GLYPHS if look.unicode else PLAIN_GLYPHS
    mark = standing.marks.get(name) if standing else None
    kind = mark.kind if mark else "next" if standing and standing.following == name else ""
    return glyphs.get(kind, " "), kind


def _with_match(name: str, hit: Hit, query: str) -> Cells:
    """The name; what the search found in it underlined; faint where only the lesson holds the words."""
    role = "" if hit.by_heading else "faint"
    word = next((word for word in stems(query) if word in name), "")
    if not word:
        return [(name, role)]
    before, _, after = name.partition(word)
    return [(before, role), (word, "match"), (after, role)]
