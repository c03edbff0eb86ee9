"""What the runs screen shows and keeps showing, against folders that were written as an engine writes them."""

import pytest

from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs import run as runs
from dltui.runs.events import EventLog
from dltui.tui import run_index
from tests.tui.conftest import hold, rows, says, until, write_log
from tests.tui.fake_engine import FakeEngine
from tests.tui.runs.conftest import is_read, listed, listing, screen


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_runs_are_seen_the_newest_first_with_how_they_ended(three, size):
    async with listing(size) as pilot:
        assert listed(pilot) == [run.id for run in reversed(three)]
        shown = rows(pilot)
        assert "3 runs" in shown[0] and "AGE ↑" in shown[1]
        assert "mlp-mnist" in shown[2] and "stopped" in shown[2] and "50 %" in shown[2]
        assert " ! gan-mnist" in shown[3] and "diverged" in shown[3]
        assert " ✓ mlp-moons" in shown[4] and "line.accuracy 0.970" in shown[4] and "200" in shown[4]
        assert three[2].id in shown[-3] and all(len(row) == size[0] for row in shown)
        assert ("optimizer.lr=0.5" in shown[4]) == (size[0] == 120)


async def test_the_run_under_the_cursor_is_told_of(three):
    async with listing() as pilot:
        assert says(pilot, "step 50 of 100") and says(pilot, "as the recipe says")
        await pilot.press("down")
        await until(pilot, lambda: says(pilot, "loss is nan at step 100."))
        await pilot.press("down")
        await until(pilot, lambda: says(pilot, "changed: optimizer.lr=0.5"))


async def test_without_runs_it_says_what_to_do(home):
    async with listing() as pilot:
        assert says(pilot, "No runs yet: press 1, choose a recipe, and press r.") and says(pilot, "0 runs")
        offered = rows(pilot)[-1]
        assert "recipes" in offered and not [word for word in ("open", "delete", "export", "mark") if word in offered]
        await pilot.press("enter", "x", "e", "y", "R", "space", "a", "s", "S", "v", "down", "end", "pagedown")
        assert pilot.app.asked == []
        await pilot.press("c")
        await until(pilot, lambda: says(pilot, "Mark two runs or more with space"))


async def test_a_small_terminal_says_what_it_leaves_out(three):
    async with listing((60, 20)) as pilot:
        await until(pilot, lambda: says(pilot, "too narrow for steps, time"))
        assert says(pilot, "mlp-moons") and says(pilot, "line.accuracy 0.970") and not says(pilot, "TIME")
        assert all(len(row) == 60 for row in rows(pilot))


@pytest.mark.parametrize("size", [(30, 8), (10, 4), (200, 60)])
async def test_any_size_can_be_drawn(three, size):
    async with listing(size) as pilot:
        await pilot.press("space", "v", "s", "x", "n")
        assert all(len(row) == size[0] for row in rows(pilot))


async def test_without_unicode_all_is_ascii(three):
    async with listing(look=TerminalCapabilities(unicode=False, colours="16")) as pilot:
        await pilot.press("space")
        table = [row for row in rows(pilot)[1:-1]]
        assert all(row[:79].isascii() for row in table) and says(pilot, "*. mlp-mnist") and says(pilot, "AGE ^")


async def test_markup_and_escapes_are_shown_as_they_are(make_run):
    make_run("mlp-mnist", status="failed", overrides={"a[/red]": "[bold]x\x1b[2J"})
    async with listing((120, 40)) as pilot:
        assert says(pilot, "a[/red]=[bold]x")


async def test_a_broken_folder_hides_no_other_run(three):
    three[2].log.write_text('{"kind": "finished"}\n')
    (three[1].path / "run.json").write_text("]")
    async with listing() as pilot:
        assert [facts.status for facts in screen(pilot).table.rows] == ["lost", "diverged", "done"]


async def test_live_runs_stand_first_and_go_on(three):
    old = FakeEngine(steps=1000).start().tick(250)
    newer = runs.create("lenet-mnist", "", {})
    write_log(newer, [""])
    async with listing() as pilot:
        assert listed(pilot) == [old.run.id, newer.id, *(run.id for run in reversed(three))]
        assert "● mlp-moons" in rows(pilot)[2] and "25 %" in rows(pilot)[2]
        old.tick(250)
        await until(pilot, lambda: "50 %" in rows(pilot)[2])
        old.finish()
        await until(pilot, lambda: listed(pilot)[0] == newer.id and screen(pilot).table.chosen.id == old.run.id)
    old.die()


async def test_runs_come_and_go_without_a_key(three, make_run):
    async with listing() as pilot:
        newest = make_run("lenet-mnist")
        await until(pilot, lambda: listed(pilot)[0] == newest.id and is_read(pilot))
        assert screen(pilot).table.chosen.id == three[2].id, "the cursor stays on its run"
        runs.remove(three[2])
        await until(pilot, lambda: len(listed(pilot)) == 3)
        assert screen(pilot).table.chosen.id == three[1].id


async def test_a_run_that_was_resumed_elsewhere_is_found_at_the_next_look_at_all(three, monkeypatch):
    async with listing() as pilot:
        lock = hold(three[1])
        log = EventLog(three[1].log)
        log.write("started", step=30, steps=60, series=[""])
        log.close()
        monkeypatch.setattr(run_index, "ALL_EVERY", 0.1)
        await until(pilot, lambda: listed(pilot)[0] == three[1].id and says(pilot, "running"))
        lock.close()


async def test_what_has_not_changed_is_not_read_again(three, monkeypatch):
    read: list[str] = []
    state = runs.state
    monkeypatch.setattr(runs, "state", lambda run: read.append(run.id) or state(run))
    monkeypatch.setattr(run_index, "ALL_EVERY", 0.0)
    async with listing() as pilot:
        newest = runs.create("mlp-moons", "", {})
        write_log(newest, [""])
        await until(pilot, lambda: len(listed(pilot)) == 4 and is_read(pilot))
        assert sorted(run_id for run_id in read if run_id != newest.id) == sorted(run.id for run in three)


async def test_help_names_the_keys_of_the_list_and_of_the_filter(three):
    async with listing((120, 60)) as pilot:
        await pilot.press("question_mark")
        await until(pilot, lambda: says(pilot, "Mark, and go to the next") and says(pilot, "dltui runs rm"))
        assert not says(pilot, "Scroll Left")
        await pilot.press("escape", "slash", "f1")
        await until(pilot, lambda: says(pilot, "acc > 0.9, loss < 0.1") and says(pilot, "Clear the filter"))


async def test_the_theme_can_change(three):
    async with listing() as pilot:
        await pilot.press("d")
        await until(pilot, lambda: not pilot.app.current_theme.dark)
        assert says(pilot, "mlp-moons")
