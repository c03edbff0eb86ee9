"""The filter of the runs screen, key by key."""

from tests.tui.conftest import says, told, until
from tests.tui.runs.conftest import Elsewhere, listed, listing, screen, typed


async def test_the_filter_works_at_every_key(three):
    async with listing() as pilot:
        await typed(pilot, "mlp")
        assert listed(pilot) == [three[2].id, three[0].id] and says(pilot, "2 of 3 runs")
        await typed(pilot, "acc > 0.9 topic:found status:done")
        assert listed(pilot) == [three[0].id] and says(pilot, "accuracy") and says(pilot, "line 0.970")
        await pilot.press("escape")
        assert len(listed(pilot)) == 3 and screen(pilot).table.has_focus


async def test_what_is_no_filter_is_told_and_the_one_before_stays(three):
    async with listing() as pilot:
        await typed(pilot, "mlp stat")
        await typed(pilot, "mlp status:")
        await until(pilot, lambda: says(pilot, 'filter, column 12: nothing stands after "status:".'))
        await pilot.press("d")
        assert listed(pilot) == [three[0].id] and not says(pilot, "column 12")
        await typed(pilot, "acuracy > 1")
        assert says(pilot, 'no run has a value "acuracy". Did you mean "accuracy"?')


async def test_a_filter_that_nothing_fits_says_so(three):
    async with listing() as pilot:
        await typed(pilot, "nothing")
        assert says(pilot, "No run fits this filter.") and says(pilot, "0 of 3 runs")
        await pilot.press("enter", "enter", "y", "x")
        assert pilot.app.asked == [] and told(pilot) == []


async def test_the_filter_moves_the_cursor_and_leaves_by_enter_or_tab(three):
    async with listing() as pilot:
        await typed(pilot, "m")
        assert says(pilot, "words, acc > 0.9, topic:gan")
        await pilot.press("down", "down", "up")
        assert screen(pilot).table.chosen.id == three[1].id and screen(pilot).filter.has_focus
        await pilot.press("enter")
        assert screen(pilot).table.has_focus
        await pilot.press("slash", "tab")
        assert screen(pilot).table.has_focus and screen(pilot).filter.value == "m"


async def test_escape_clears_the_filter_then_the_marks_then_goes_back(three):
    async with listing() as pilot:
        await pilot.press("space")
        await typed(pilot, "mlp")
        await pilot.press("enter", "escape")
        assert screen(pilot).filter.value == "" and screen(pilot).table.marked
        await pilot.press("escape")
        assert not screen(pilot).table.marked
        await pilot.press("escape")
        assert isinstance(pilot.app.screen, Elsewhere)
