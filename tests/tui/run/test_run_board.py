"""The keys that look around in a run: pictures, earlier ones, replay, curves."""

from tests.tui.conftest import says, until
from tests.tui.run.conftest import screen, watching


async def test_pictures_are_chosen_zoomed_and_told_apart_by_variant(engine):
    async with watching(engine.run) as pilot:
        wall = screen(pilot).board.wall
        await until(pilot, lambda: wall.chosen == ("line", "confusion"))
        await pilot.press("n")
        assert wall.chosen == ("net", "confusion")
        await pilot.press("n", "n", "n")
        assert wall.chosen == ("line", "confusion")
        await pilot.press("N")
        assert wall.chosen == ("net", "wrong")
        await until(pilot, lambda: says(pilot, "net · wrong"))
        await pilot.press("m")
        assert (wall.variant, wall.chosen) == ("line", ("line", "wrong"))
        await until(pilot, lambda: not says(pilot, "net · "))
        await pilot.press("z")
        await until(pilot, lambda: wall.size.height > 15 and not screen(pilot).board.lower.display)
        await pilot.press("escape")
        await until(pilot, lambda: screen(pilot).board.lower.display)
        await pilot.press("Z")
        await until(pilot, lambda: screen(pilot).board.curves.size.height > 15)


async def test_earlier_pictures_stay_while_new_ones_come_until_end(engine):
    async with watching(engine.run, (120, 40)) as pilot:
        await pilot.press("comma")
        await until(pilot, lambda: says(pilot, "confusion  step 20") and says(pilot, "pictures of step 20"))
        engine.tick(10, pictures=True)
        await until(pilot, lambda: says(pilot, "step 50/1,000"))
        assert says(pilot, "confusion  step 20")
        await pilot.press("semicolon")
        await until(pilot, lambda: says(pilot, "confusion  step 40"))
        await pilot.press("home")
        await until(pilot, lambda: says(pilot, "confusion  step 20"))
        await pilot.press("end")
        await until(pilot, lambda: says(pilot, "confusion  step 50") and says(pilot, "live"))
        await pilot.press("comma", "escape")
        await until(pilot, lambda: says(pilot, "live"))


async def test_a_replay_shows_a_finished_run_from_its_beginning_and_ends(engine):
    engine.finish()
    async with watching(engine.run) as pilot:
        await pilot.press("p")
        await until(pilot, lambda: says(pilot, "replay"))
        await pilot.press("space")
        run = screen(pilot).open
        assert run.replay.paused
        await pilot.press("greater_than_sign", "greater_than_sign", "less_than_sign")
        assert run.replay.speed == 8
        await pilot.press("space")
        await until(pilot, lambda: run.replay.over and says(pilot, "replay over"))
        assert says(pilot, "step 40/1,000")
        await pilot.press("p")
        await until(pilot, lambda: run.replay is None and says(pilot, "DONE"))


async def test_a_running_run_is_not_replayed(engine):
    async with watching(engine.run) as pilot:
        await pilot.press("p")
        await until(pilot, lambda: says(pilot, "It is still running"))
        assert screen(pilot).open.replay is None


async def test_the_curves_keys_work_wherever_the_focus_is(engine):
    engine.tick(900)
    async with watching(engine.run) as pilot:
        view = screen(pilot).board.curves.view
        await pilot.press("tab")  # to the notes: the focus is there
        await pilot.press("g")
        assert view.log_y
        await pilot.press("right_square_bracket")
        more = view.smoothing
        await pilot.press("left_square_bracket", "left_square_bracket")
        assert view.smoothing == more - 2
        await pilot.press("plus", "equals_sign")
        assert view.viewport.length == 250
        await pilot.press("h")
        assert not view.viewport.follows
        await pilot.press("l")
        assert view.viewport.follows
        await pilot.press("minus")
        assert view.viewport.length == 500
        await pilot.press("0")
        assert view.viewport.length is None
        await pilot.press("x")
        assert view.by_time
        await pilot.press("y")
        assert view.first == 1


async def test_the_cursor_reads_values_and_moves_by_the_arrows(engine):
    async with watching(engine.run) as pilot:
        view = screen(pilot).board.curves.view
        await pilot.press("c")
        await until(pilot, lambda: says(pilot, "step 40 at") and says(pilot, "line loss 0.714"))
        await pilot.press(*["left"] * 8)
        assert view.cursor < 40
        await until(pilot, lambda: says(pilot, f"step {int(view.cursor)} at"))
        await pilot.press("right")
        await pilot.press("c")
        await until(pilot, lambda: view.cursor is None and not says(pilot, " at 0:00"))
