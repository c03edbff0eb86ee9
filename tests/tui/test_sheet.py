"""Only the cells that changed are asked to be painted again."""

from rich.segment import Segment
from rich.style import Style
from textual.containers import Vertical
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from dltui.tui.sheet import Sheet, SheetWidget
from tests.tui.conftest import holding, rows

RED = Style(color="#ff0000")


class Page(Widget):
    """A widget of the Line API that remembers what it was told to paint."""

    def __init__(self):
        super().__init__()
        self.sheet, self.painted = Sheet(self), []

    def render_line(self, y: int) -> Strip:
        return self.sheet.line(y)

    def refresh(self, *regions: Region, **options: bool):
        self.painted.append(regions)
        return super().refresh(*regions, **options)


def line(*texts: str) -> list[Segment]:
    return [Segment(text, RED if number % 2 else None) for number, text in enumerate(texts)]


async def test_a_changed_span_is_painted_and_nothing_else():
    page = Page()
    async with holding(page, size=(40, 4)) as pilot:
        assert page.sheet.show([line("step ", "10", " of 100"), line("loss"), line("end")]) > 0
        await pilot.pause()
        assert [row.rstrip() for row in rows(pilot)] == ["step 10 of 100", "loss", "end", ""]
        page.painted.clear()
        assert page.sheet.show([line("step ", "10", " of 100"), line("loss"), line("end")]) == 0
        assert page.painted == []
        assert page.sheet.show([line("step ", "11", " of 100"), line("loss"), line("end")]) == 2
        assert page.painted == [(Region(5, 0, 2, 1),)]
        await pilot.pause()
        assert rows(pilot)[0].rstrip() == "step 11 of 100"


async def test_a_line_that_grows_or_shrinks_is_painted_to_its_longer_end():
    page = Page()
    async with holding(page, size=(40, 4)) as pilot:
        page.sheet.show([line("a", "bb")])
        page.sheet.show([line("a", "bb", "ccc")])
        page.painted.clear()
        page.sheet.show([line("a", "bb")])
        assert page.painted == [(Region(3, 0, 3, 1),)]
        await pilot.pause()
        assert rows(pilot)[0].rstrip() == "abb"


async def test_another_number_of_lines_paints_all_and_new_colours_are_used():
    page = Page()
    async with holding(page, size=(40, 4)) as pilot:
        page.sheet.show([line("one")])
        await pilot.pause()
        page.painted.clear()
        page.sheet.show([line("one"), line("two")])
        assert page.painted == [()]
        before = page.sheet.line(0)
        page.sheet.restyle()
        page.styles.color = "blue"
        assert page.sheet.line(0) != before


async def test_a_widget_that_nothing_changed_in_is_not_asked_for_its_lines_when_another_is_drawn():
    quiet, other = SheetWidget(), Page()
    for widget in (quiet, other):
        widget.styles.height = 4
    async with holding(Vertical(quiet, other), size=(40, 8)) as pilot:
        quiet.sheet.show([line("still")])
        await pilot.pause()
        before = quiet.render_lines(Region(0, 0, 40, 4))
        other.sheet.show([line("moves")])
        await pilot.pause()
        assert quiet.render_lines(Region(0, 0, 40, 4)) is before
        assert rows(pilot)[4].rstrip() == "moves" and rows(pilot)[0].rstrip() == "still"
        quiet.sheet.show([line("moved")])
        await pilot.pause()
        assert rows(pilot)[0].rstrip() == "moved"
        dark = quiet.render_lines(Region(0, 0, 40, 4))
        pilot.app.choose_theme("light")
        await pilot.pause()
        light = quiet.render_lines(Region(0, 0, 40, 4))
        grounds = [[segment.style.bgcolor for segment in strips[0]] for strips in (dark, light)]
        assert grounds[0] != grounds[1]
