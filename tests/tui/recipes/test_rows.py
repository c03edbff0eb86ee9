"""The rows of the course's tree: names are whole, titles stand beside them where they can be read."""

from pathlib import Path

import pytest

from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.tui.recipe_index import Entry, Hit
from dltui.tui.recipe_rows import recipe_cells
from dltui.tui.recipes_layout import layout
from tests.tui.conftest import says, until

LOOK = TerminalCapabilities()
TITLE = "Softmax regression: ten templates"


def row(name: str, width: int, name_width: int = 20) -> str:
    hit = Hit(Entry(name, "01_foundations", name, Path(name), title=TITLE, seconds=6), True)
    cells = recipe_cells(hit, width, LOOK, standing=None, query="", name_width=name_width)
    return "".join(text for text, _ in cells)


@pytest.mark.parametrize("name", ["softmax-digits", "universal-approximation", "a-name-of-more-than-twenty-six-cells"])
@pytest.mark.parametrize("width", [44, 55, 100])
def test_a_name_is_whole_and_a_title_begins_beside_it(name, width):
    text = row(name, width)
    assert text.split()[0] == name and len(text) == width
    titled = width >= 4 + max(20, len(name)) + 2 + 16 + 7
    assert ("Softmax regress" in text) is titled and (text.endswith("   6 s") or not titled)


def test_titles_of_short_names_stand_below_each_other():
    assert row("kmeans", 60).index("Softmax") == row("softmax-digits", 60).index("Softmax") == 26


@pytest.mark.parametrize(("width", "seen"), [(120, False), (140, True), (200, True)])
async def test_titles_are_seen_where_the_other_parts_keep_their_room(screen_at, width, seen):
    async with screen_at(width, 40) as (pilot, screen):
        await until(pilot, lambda: says(pilot, "Convolutions are"))
        assert layout(width, 40).classes["-wide"] is seen
        rest = width - screen.shelf.outer_size.width
        assert rest >= 84, "the lesson and the options have what they have at 120 columns"
        await until(pilot, lambda: bool(titles(pilot, screen)) is seen)


def titles(pilot, screen) -> list[str]:
    """The titles that begin in the tree's own columns."""
    edge = screen.shelf.outer_size.width
    lines = ["".join(segment.text for segment in strip) for strip in pilot.app.screen._compositor.render_strips()]
    shown = [line[:edge] for line in lines]
    return [entry.title for entry in screen.tree_view.entries if any(entry.title[:16] in line for line in shown[3:])]
