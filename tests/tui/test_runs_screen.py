"""The runs screen by its keys, against folders that were written as an engine writes them."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Static

from dltui import launch, queue, repeat
from dltui import recipe as recipes
from dltui import run as runs
from dltui.events import EventLog
from dltui.render.look import Look
from dltui.run import Run
from dltui.tui import run_index
from dltui.tui.messages import OpenCompare, OpenRun
from dltui.tui.screens.runs import RunsScreen
from dltui.tui.widgets.run_table import TableHead
from tests.tui.conftest import DARK, Lab, hold, opened, rows, says, told, until, write_log
from tests.tui.fake_engine import FakeEngine


class Asking(Lab):
    """Keeps what the screen asked it for instead of doing it."""

    def __init__(self, *given: object, **options: object):
        super().__init__(*given, **options)
        self.asked: list[object] = []

    def on_open_run(self, message: OpenRun) -> None:
        message.prevent_default()
        self.asked.append(message.run)

    def on_open_compare(self, message: OpenCompare) -> None:
        message.prevent_default()
        self.asked.append(message.runs)


class Elsewhere(Screen):
    """What lies behind the runs."""

    def compose(self):
        yield Static("elsewhere")


@asynccontextmanager
async def listing(size: tuple[int, int] = (80, 24), look: Look = DARK) -> AsyncIterator[Pilot]:
    """The app with all runs open, and all of them read."""
    async with opened(Asking(look, {"recipes": Elsewhere}), size) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunsScreen) and is_read(pilot))
        yield pilot


def screen(pilot: Pilot) -> RunsScreen:
    return pilot.app.screen


def is_read(pilot: Pilot) -> bool:
    """Whether the screen shows all that it has found."""
    runs_screen = screen(pilot)
    return runs_screen._listed and not runs_screen.index.left and not runs_screen._stale


def listed(pilot: Pilot) -> list[str]:
    """The ids that the table holds, from the top."""
    return [facts.id for facts in screen(pilot).table.rows]


async def typed(pilot: Pilot, text: str) -> None:
    """Puts a filter in place of the one that is there."""
    await pilot.press("slash")
    screen(pilot).filter.value = ""
    await pilot.press(*("space" if letter == " " else letter for letter in text))
    await pilot.pause()


@pytest.fixture
def three(make_run: Callable[..., Run]) -> list[Run]:
    """An old run with two variants that is done, one that diverged, and a new one that was stopped."""
    return [
        make_run("mlp-moons", steps=200, overrides={"optimizer.lr": 0.5}),
        make_run("gan-mnist", status="diverged", steps=60),
        make_run("mlp-mnist", status="stopped", steps=100),
    ]


# -- what is seen ------------------------------------------------------------------------------------------------------


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
    async with listing(look=Look(unicode=False, colours="16")) as pilot:
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


# -- what changes by itself --------------------------------------------------------------------------------------------


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


# -- the cursor --------------------------------------------------------------------------------------------------------


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


# -- the filter --------------------------------------------------------------------------------------------------------


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


# -- the order ---------------------------------------------------------------------------------------------------------


async def test_s_goes_through_the_columns_and_S_turns_the_order_round(three):
    moons, gan, mnist = (run.id for run in three)
    async with listing((120, 40)) as pilot:
        for title, order in (
            ("CHANGED ↑", [moons, mnist, gan]),  # those without a value last, the newest first
            ("RUN ↑", [gan, mnist, moons]),
            ("STATUS ↑", [moons, mnist, gan]),
            ("STEPS ↓", [moons, mnist, gan]),
            ("VALUES ↓", [mnist, gan, moons]),
            ("TIME ↓", [mnist, gan, moons]),
            ("AGE ↑", [mnist, gan, moons]),
        ):
            await pilot.press("s")
            await until(pilot, lambda title=title: title in rows(pilot)[1])
            assert listed(pilot) == order, title
        await pilot.press("S")
        assert listed(pilot) == [moons, gan, mnist] and "AGE ↓" in rows(pilot)[1]


async def test_a_click_at_a_title_sorts(three):
    async with listing() as pilot:
        await pilot.click(TableHead, offset=(4, 0))
        assert (screen(pilot).by, screen(pilot).down) == ("run", False)
        await pilot.click(TableHead, offset=(4, 0))
        assert (screen(pilot).by, screen(pilot).down) == ("run", True)


async def test_v_shows_one_metric_and_sorts_by_what_is_better(three):
    async with listing((120, 40)) as pilot:
        for run, value in zip(three, (0.3, 0.2, float("nan")), strict=True):
            end(run, {"loss": value, "auc": value, "x.knn": 1.0})
        screen(pilot).index.look_again()
        await until(pilot, lambda: sorted(screen(pilot).index.names()) == ["auc", "loss", "x.knn"])
        for key, title in (("v", "loss"), ("v", "auc"), ("v", "knn"), ("v", "VALUES"), ("V", "knn"), ("V", "auc")):
            await pilot.press(key)
            await until(pilot, lambda title=title: title in rows(pilot)[1])
        screen(pilot)._sort_by("value")
        assert listed(pilot) == [three[0].id, three[1].id, three[2].id], "a score: the greatest first"
        await pilot.press("V")
        screen(pilot)._sort_by("value")
        assert listed(pilot) == [three[1].id, three[0].id, three[2].id], "a loss: the least first; NaN has no place"


def end(run: Run, summary: dict[str, float]) -> None:
    """Writes another end of a run."""
    log = EventLog(run.log)
    ended = {"status": "done", "exit": 0, "step": 9, "steps": 9, "seconds": 1.0, "error": "", "expect": []}
    log.write("finished", **ended, summary=summary)
    log.close()


async def test_the_order_is_remembered(three, home):
    async with listing() as pilot:
        await pilot.press("s", "S", "v")
        path = home / "settings.json"
        await until(pilot, lambda: path.exists() and "runs.value" in path.read_text())
    saved = json.loads((home / "settings.json").read_text())
    assert (saved["runs.sort"], saved["runs.down"], saved["runs.value"]) == ("run", True, "accuracy")
    async with listing() as pilot:
        assert "RUN ↓" in rows(pilot)[1] and "accuracy" in rows(pilot)[1]


# -- what is done to runs ----------------------------------------------------------------------------------------------


async def test_space_marks_and_c_compares_what_is_marked(three):
    async with listing() as pilot:
        await pilot.press("c")
        await until(pilot, lambda: says(pilot, "Mark two runs or more with space"))
        await pilot.press("space", "down", "space")
        assert says(pilot, "2 marked") and "◆" in rows(pilot)[2] and "◆" not in rows(pilot)[3]
        await pilot.press("c")
        await until(pilot, lambda: pilot.app.asked == [[three[2], three[0]]])
        await pilot.press("space", "up", "c")
        await until(pilot, lambda: pilot.app.asked[1:] == [[three[2], three[1]]])


async def test_marks_outlive_a_filter_and_a_marks_all_that_are_listed(three):
    async with listing() as pilot:
        await pilot.press("down", "space")
        await typed(pilot, "mlp")
        await pilot.press("enter", "a")
        assert screen(pilot).table.marked == {three[0].id, three[2].id}
        await pilot.press("a")
        assert screen(pilot).table.marked == set()


async def test_x_deletes_after_a_question(three):
    async with listing() as pilot:
        await pilot.press("x")
        await until(pilot, lambda: says(pilot, f"Delete {three[2].id} for good?"))
        await pilot.press("n")
        assert three[2].path.exists() and screen(pilot).table.has_focus
        await pilot.press("x")
        await pilot.press("x")
        await until(pilot, lambda: not three[2].path.exists() and says(pilot, "1 run deleted."))
        assert listed(pilot) == [three[1].id, three[0].id]
        await pilot.press("a", "x")
        await until(pilot, lambda: says(pilot, "Delete 2 runs for good?"))
        await pilot.press("ч")  # x on a Russian keyboard
        await until(pilot, lambda: not runs.newest_first() and says(pilot, "No runs yet"))


async def test_what_goes_on_is_not_deleted(three):
    engine = FakeEngine().start()
    async with listing() as pilot:
        await pilot.press("a", "x")
        await until(pilot, lambda: says(pilot, f"{engine.run.id} goes on: open it and stop it first."))
        assert len(runs.newest_first()) == 4
    engine.die()


async def test_a_run_that_cannot_be_deleted_is_told(three, monkeypatch):
    def refused(run: Run) -> None:
        raise PermissionError(13, "Permission denied", str(run.path))

    async with listing() as pilot:
        monkeypatch.setattr(runs, "remove", refused)
        await pilot.press("x", "x")
        await until(pilot, lambda: told(pilot) == [f"{three[2].path}: Permission denied."])
        assert len(listed(pilot)) == 3


async def test_e_writes_the_numbers_into_the_current_folder(three, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    async with listing() as pilot:
        await pilot.press("e")
        await until(pilot, lambda: told(pilot))
        assert f"{three[2].id}.csv (50 rows)" in told(pilot)[0]
        lines = (tmp_path / f"{three[2].id}.csv").read_text().splitlines()
        assert lines[0] == "series,step,loss,accuracy" and len(lines) == 51
        await pilot.press("a", "e")
        await until(pilot, lambda: len(list(tmp_path.glob("*.csv"))) == 3)


async def test_a_run_without_numbers_has_nothing_to_export(make_run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = make_run("mlp-moons", status="starting")
    async with listing() as pilot:
        await pilot.press("e")
        await until(pilot, lambda: told(pilot))
        assert f"{run.id} has no numbers" in told(pilot)[0] and not list(tmp_path.glob("*.csv"))


async def test_y_copies_the_command_that_repeats_a_run(three, monkeypatch):
    async with listing() as pilot:
        await pilot.press("end", "y")
        await until(pilot, lambda: told(pilot))
        assert pilot.app.clipboard == repeat.command(three[0]) and told(pilot)[0].endswith(pilot.app.clipboard)


async def test_R_goes_on_with_a_run_that_was_stopped(three, monkeypatch):
    started: list[Run] = []

    class Engine:
        def __init__(self, run: Run):
            self.run, self.process = run, self
            self.lock = hold(run)
            log = EventLog(run.log)
            log.write("started", step=50, steps=100, series=[""])
            log.close()
            started.append(run)

        def poll(self) -> None: ...

        def leave(self) -> None:
            self.lock.close()

    monkeypatch.setattr(launch, "_launched", Engine)
    async with listing() as pilot:
        await pilot.press("R")
        await until(pilot, lambda: started == [three[2]] and says(pilot, "goes on from its last checkpoint"))
        await until(pilot, lambda: "● mlp-mnist" in rows(pilot)[2])
        await pilot.press("R")
        await until(pilot, lambda: any("is running already" in text for text in told(pilot)))
        await pilot.press("end", "R")
        await until(pilot, lambda: any("is done: no step is left" in text for text in told(pilot)))


# -- help --------------------------------------------------------------------------------------------------------------


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


# -- the queue -----------------------------------------------------------------------------------------------------


@pytest.fixture
def no_worker(monkeypatch):
    """What waits stays where it is."""
    monkeypatch.setattr(queue, "ensure_worker", lambda: 0)


async def test_what_waits_is_seen_above_the_runs_and_x_takes_it_out(three, no_worker):
    for rate in (0.1, 0.2):
        queue.add(recipes.load("mlp-moons"), overrides={"optimizer.lr": rate}, device="cpu")
    async with listing() as pilot:
        await until(pilot, lambda: says(pilot, "waiting 2  mlp-moons"))
        assert says(pilot, "optimizer.lr=0.1") and screen(pilot).table.rows
        await pilot.press("w", "down", "x")
        await until(pilot, lambda: says(pilot, "2 mlp-moons was taken out of the queue"))
        assert [entry.number for entry in queue.entries()] == [1]
        await pilot.press("x")
        await until(pilot, lambda: not screen(pilot).waiting.display)
        assert screen(pilot).table.has_focus and not queue.entries()
        assert not says(pilot, "waiting")
        await pilot.press("w")
        await until(pilot, lambda: says(pilot, "Nothing waits"))


async def test_what_starts_meanwhile_leaves_the_list_and_cannot_be_taken_out(three, no_worker):
    entry = queue.add(recipes.load("mlp-moons"))
    async with listing() as pilot:
        await until(pilot, lambda: says(pilot, "waiting 1"))
        screen(pilot).waiting.focus()
        entry.path.unlink()
        await pilot.press("x")
        await until(pilot, lambda: says(pilot, "Nothing waits under number 1") or not screen(pilot).waiting.display)
        assert screen(pilot).table.has_focus


async def test_a_long_queue_leaves_room_for_the_runs(three, no_worker):
    for _ in range(9):
        queue.add(recipes.load("mlp-moons"))
    async with listing((60, 20)) as pilot:
        await until(pilot, lambda: says(pilot, "and 5 more: dltui queue"))
        screen(pilot).waiting.focus()
        await pilot.press(*["down"] * 8)
        await until(pilot, lambda: says(pilot, "waiting 9"))
        await pilot.press("escape")
        assert screen(pilot).table.has_focus
