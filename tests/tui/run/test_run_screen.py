"""What the run screen shows, from its beginning to its end, against logs that were written as an engine writes them."""

import random
import shutil
import time

import pytest
from textual import events
from textual.binding import Binding
from textual.screen import Screen

from dltui.tui.messages import OpenRun
from dltui.tui.meter import EngineMeter
from dltui.tui.run_watcher import RunWatcher
from dltui.tui.screens.run import RunScreen
from tests.tui.conftest import Lab, opened, rows, says, until
from tests.tui.fake_engine import FakeEngine
from tests.tui.run.conftest import screen, settled, watching


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_a_run_that_nobody_here_started_is_seen_with_pictures_curves_status_and_data(engine, size):
    async with watching(engine.run, size) as pilot:
        await until(pilot, lambda: says(pilot, "step 40/1,000"))
        for text in ("RUNNING", "moons: built-in data", "line · confusion", "net · confusion", "true", "accuracy"):
            await until(pilot, lambda text=text: says(pilot, text))
        assert all(len(row) == size[0] for row in rows(pilot))


async def test_while_a_long_log_is_read_the_screen_is_there_and_answers(engine, monkeypatch):
    """Pieces that followed upon each other left no moment in which anything was drawn."""
    poll = RunWatcher.poll

    def slowly(watcher, budget=0.02):
        time.sleep(budget)
        poll(watcher, budget)
        watcher.behind = True
        return True

    monkeypatch.setattr(RunWatcher, "poll", slowly)
    async with opened(Lab(modes={"recipes": Screen}), (120, 40)) as pilot:
        pilot.app.post_message(OpenRun(engine.run))
        await until(pilot, lambda: says(pilot, "RUNNING") and says(pilot, "reading the log"))
        pilot.app.post_message(events.Key("question_mark", "?"))
        await until(pilot, lambda: says(pilot, "esc closes"))


async def test_what_comes_later_is_seen_without_a_key(engine):
    async with watching(engine.run, (120, 40)) as pilot:
        await until(pilot, lambda: says(pilot, "step 40/1,000"))
        engine.tick(60, pictures=True)
        await until(pilot, lambda: says(pilot, "step 100/1,000") and says(pilot, "confusion  step 100"))


async def test_a_small_terminal_shows_one_part_at_a_time_and_says_so(engine):
    async with watching(engine.run, (60, 20)) as pilot:
        await until(pilot, lambda: says(pilot, "60x20"))
        await until(pilot, lambda: says(pilot, "line · confusion"))
        assert not screen(pilot).board.curves.display
        await pilot.press("tab")
        await until(pilot, lambda: screen(pilot).board.curves.display and says(pilot, "step"))
        assert not screen(pilot).board.wall.display


async def test_tab_goes_through_curves_notes_and_the_engines_log(engine):
    engine.log.write("note", level="warning", text="the judge was trained anew")
    engine.run.engine_log.write_text("first line\nUserWarning: something of torch\n")
    async with watching(engine.run) as pilot:
        await pilot.press("tab")
        await until(pilot, lambda: says(pilot, "the judge was trained anew"))
        await pilot.press("tab")
        await until(pilot, lambda: says(pilot, "UserWarning: something of torch"))
        await pilot.press("tab")
        await until(pilot, lambda: screen(pilot).board.curves.display)
        await pilot.press("e")
        await until(pilot, lambda: says(pilot, "UserWarning"))


async def test_markup_and_escapes_of_a_log_are_shown_as_they_are():
    engine = FakeEngine(series=("[/red]",)).start().tick(3)
    engine.log.write("note", level="info", text="[bold]not bold[/] \x1b]52;c;evil\x07")
    engine.run.engine_log.write_bytes(b"[/wrong] \x1b[2J wiped\n")
    async with watching(engine.run, (120, 40)) as pilot:
        await until(pilot, lambda: says(pilot, "[bold]not bold[/]"))
        await pilot.press("e")
        await until(pilot, lambda: says(pilot, "[/wrong]  wiped"))
        assert says(pilot, "[/red]")
    engine.die()


@pytest.mark.parametrize(("ok", "word"), [(True, "CLAIM MET"), (False, "CLAIM NOT MET")])
async def test_a_finished_run_says_large_whether_its_claim_was_met(engine, ok, word):
    engine.finish(expect=({"name": "net.accuracy", "want": ">= 0.99", "got": 0.97, "ok": ok},))
    async with watching(engine.run, (120, 40)) as pilot:
        await until(pilot, lambda: says(pilot, f"  {word}  "))
        assert says(pilot, "net.accuracy >= 0.99")


async def test_a_failed_run_shows_its_error_first_and_the_log_is_one_key_away(engine):
    engine.run.engine_log.write_text("Traceback: the whole story\n")
    engine.finish("failed", error="cpu has not the memory for one row of this model.", hint="Make the model smaller.")
    async with watching(engine.run) as pilot:
        await until(pilot, lambda: says(pilot, "has not the memory for one row"))
        shown = rows(pilot)
        assert next(i for i, row in enumerate(shown) if "memory" in row) < 8
        assert says(pilot, "Make the model smaller.")
        await pilot.press("e")
        await until(pilot, lambda: says(pilot, "Traceback: the whole story"))


async def test_an_engine_that_died_is_seen_as_gone_with_its_last_words(engine):
    engine.run.engine_log.write_text("Killed by the machine\n")
    engine.die()
    async with watching(engine.run) as pilot:
        await until(pilot, lambda: says(pilot, "THE ENGINE IS GONE") and says(pilot, "Killed by the machine"))


async def test_help_names_the_keys_of_the_run_and_of_what_has_the_focus(engine):
    async with watching(engine.run, (120, 40)) as pilot:
        await pilot.press("question_mark")
        await until(pilot, lambda: says(pilot, "Curves") and says(pilot, "Log axis"))


async def test_a_run_looks_the_same_whether_it_was_watched_or_is_opened_afterwards():
    """Everything on the screen is a reading of the log: nothing depends on who was there when it was written."""
    engine = FakeEngine()
    async with watching(engine.run, (120, 40)) as pilot:
        await until(pilot, lambda: says(pilot, "STARTING"))
        engine.start()
        await until(pilot, lambda: says(pilot, "RUNNING"))
        for _ in range(5):
            engine.tick(50, pictures=True)
            await until(pilot, lambda: says(pilot, f"step {engine.step}/1,000"))
        engine.log.write("control", op="set", step=250, key="optimizer.lr", value=0.02)
        engine.tick(50, pictures=True)
        engine.finish(expect=({"name": "net.accuracy", "want": ">= 0.9", "got": 0.97, "ok": True},))
        await until(pilot, lambda: says(pilot, "CLAIM MET") and says(pilot, "wrong  300"))
        watched = await settled(pilot)
    async with watching(engine.run, (120, 40)) as pilot:
        await until(pilot, lambda: says(pilot, "wrong  300"))
        assert (await settled(pilot))[:-1] == watched[:-1]


async def test_random_keys_and_sizes_at_full_speed_break_nothing(engine):
    chance = random.Random(0)
    keys = [key for binding in Binding.make_bindings(RunScreen.BINDINGS) for key in binding.key.split(",")]
    keys = [key for key in keys if key not in ("r", "escape")] + [
        "left",
        "right",
        "up",
        "down",
        "enter",
        "5",
        "backspace",
    ]
    async with watching(engine.run) as pilot:
        for turn in range(20):
            await pilot.press(*chance.choices(keys, k=8))
            if turn % 3 == 0:
                await pilot.resize_terminal(chance.randrange(1, 200), chance.randrange(1, 60))
                engine.tick(3, pictures=turn % 2 == 0)
                engine.answer()
        await pilot.press("x")  # an open question is answered
        await pilot.resize_terminal(120, 40)
        assert isinstance(pilot.app.screen, RunScreen)
        screen(pilot).open.scrub.newest()
        await until(pilot, lambda: says(pilot, f"step {engine.step}/1,000"))


async def test_a_folder_that_vanishes_while_it_is_watched_ends_nothing(engine):
    async with watching(engine.run) as pilot:
        engine.die()
        shutil.rmtree(engine.run.path)
        run = screen(pilot).open
        run.meter, run._metered = EngineMeter(run.run), 0.0  # the lock's holder is this process, which lives on
        await until(pilot, lambda: says(pilot, "LOST"))
        await pilot.press("e", "p", "n", "comma", "space")
        await until(pilot, lambda: says(pilot, "The engine printed nothing."))
