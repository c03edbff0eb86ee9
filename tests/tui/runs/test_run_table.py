"""The cursor over the runs, and the marks."""

from tests.tui.conftest import rows, until
from tests.tui.runs.conftest import listing, screen, typed


async def test_keys_move_over_the_runs(make_run):
    ids = [make_run("mlp-moons", status="stopped", steps=2).id for _ in range(40)][::-1]
    async with listing() as pilot:
        table = screen(pilot).table
        page = table.scrollable_content_region.height - 1
        at = 0
        for key, by in (("down", 1), ("j", 1), ("up", -1), ("k", -1), ("k", 0), ("pagedown", page), ("pageup", -page),
                        ("end", 39), ("down", 0), ("home", -39), ("G", 39), ("g", -39)):  # fmt: skip
            await pilot.press(key)
            at += by
            assert table.chosen.id == ids[at], key
        await pilot.press("end")
        await until(pilot, lambda: ids[39] in rows(pilot)[-3])


async def test_enter_and_a_second_click_open_a_run(three):
    async with listing() as pilot:
        await pilot.press("down", "enter")
        await until(pilot, lambda: pilot.app.asked == [three[1]])
        await pilot.click("RunTable", offset=(10, 2))
        assert pilot.app.asked == [three[1]] and screen(pilot).table.chosen.id == three[0].id
        await pilot.click("RunTable", offset=(10, 2))
        await until(pilot, lambda: pilot.app.asked == [three[1], three[0]])


async def test_marks_outlive_a_filter_and_a_marks_all_that_are_listed(three):
    async with listing() as pilot:
        await pilot.press("down", "space")
        await typed(pilot, "mlp")
        await pilot.press("enter", "a")
        assert screen(pilot).table.marked == {three[0].id, three[2].id}
        await pilot.press("a")
        assert screen(pilot).table.marked == set()
