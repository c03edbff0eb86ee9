"""The run screen by its keys, against logs that were written as an engine writes them."""

import random
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from textual.binding import Binding
from textual.pilot import Pilot
from textual.screen import Screen

from dltui import launch
from dltui.run import Run
from dltui.tui.messages import OpenRun
from dltui.tui.meter import EngineMeter
from dltui.tui.screens.run import RunScreen
from tests.tui.conftest import Lab, opened, rows, says, told, until
from tests.tui.fake_engine import FakeEngine


@pytest.fixture
def engine() -> Iterator[FakeEngine]:
    """A run with two variants and two kinds of pictures, 40 steps on its way."""
    made = FakeEngine().start().tick(20, pictures=True).tick(20, pictures=True)
    yield made
    made.die()


@asynccontextmanager
async def watching(run: Run, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Pilot]:
    """The app with the screen of a run open."""
    async with opened(Lab(modes={"recipes": Screen}), size) as pilot:
        pilot.app.post_message(OpenRun(run))
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen) and not screen(pilot).open.watcher.behind)
        yield pilot


def screen(pilot: Pilot) -> RunScreen:
    return pilot.app.screen


async def settled(pilot: Pilot) -> list[str]:
    """What the screen shows once nothing on it changes any more."""
    seen = [rows(pilot)]
    while len(seen) < 4 or seen[-1] != seen[-4]:
        screen(pilot).drain()
        await pilot.pause()
        seen.append(rows(pilot))
    return seen[-1]


# -- what is seen ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
async def test_a_run_that_nobody_here_started_is_seen_with_pictures_curves_status_and_data(engine, size):
    async with watching(engine.run, size) as pilot:
        await until(pilot, lambda: says(pilot, "step 40/1,000"))
        for text in ("RUNNING", "moons: built-in data", "line · confusion", "net · confusion", "true", "loss"):
            await until(pilot, lambda text=text: says(pilot, text))
        assert all(len(row) == size[0] for row in rows(pilot))


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


# -- control -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "op", "answer"),
    [
        ("space", "pause", "paused"),
        ("full_stop", "step", "one step taken"),
        ("v", "show", "shown"),
        ("w", "save", "saved"),
    ],
)
async def test_a_key_asks_the_engine_and_its_answer_is_told(engine, key, op, answer):
    async with watching(engine.run) as pilot:
        await pilot.press(key)
        await until(pilot, lambda: [request["op"] for request in engine.answer()] == [op])
        await until(pilot, lambda: says(pilot, f"step 40: {answer}"))


async def test_space_pauses_and_goes_on(engine):
    async with watching(engine.run) as pilot:
        await pilot.press("space")
        await until(pilot, engine.answer)
        await until(pilot, lambda: says(pilot, "PAUSED"))
        await pilot.press("space")
        await until(pilot, engine.answer)
        await until(pilot, lambda: says(pilot, "RUNNING"))
        assert [request["op"] for request in engine.asked()] == ["pause", "resume"]


async def test_stop_asks_once_and_any_other_key_goes_on(engine):
    async with watching(engine.run) as pilot:
        await pilot.press("s")
        await until(pilot, lambda: says(pilot, "Stop this run?"))
        await pilot.press("space")
        await until(pilot, lambda: says(pilot, "The run goes on."))
        assert engine.asked() == []
        await pilot.press("ы", "ы")  # what s is on a Russian keyboard
        await until(pilot, lambda: [request["op"] for request in engine.asked()] == ["stop"])


async def test_a_knob_is_turned_with_up_and_down_and_marked_on_the_curves(engine):
    async with watching(engine.run, (120, 40)) as pilot:
        await pilot.press("k")
        await until(pilot, lambda: says(pilot, "optimizer.lr"))
        await pilot.press("up", "up")
        await until(pilot, lambda: engine.asked() and engine.asked()[-1]["value"] == 0.01562)
        assert {request["key"] for request in engine.asked()} == {"optimizer.lr"}
        assert says(pilot, "0.01562 …")
        engine.answer()
        await until(pilot, lambda: says(pilot, "lr 0.01562") and not says(pilot, "0.01562 …"))
        await pilot.press("down")
        await until(pilot, lambda: engine.asked()[-1]["value"] == 0.0125)


async def test_a_value_is_typed_for_another_knob(engine):
    async with watching(engine.run) as pilot:
        await pilot.press("k")
        await until(pilot, lambda: says(pilot, "optimizer.momentum"))
        await pilot.press("right", *"0.5", "backspace", "7", "enter")
        await until(pilot, engine.asked)
        assert engine.asked()[-1] | {"t": 0} == {"t": 0, "op": "set", "key": "optimizer.momentum", "value": 0.7}
        await pilot.press(*"1e", "enter")
        await until(pilot, lambda: says(pilot, "1e is no number"))
        await pilot.press("k")
        await until(pilot, lambda: not screen(pilot).board.knobs.display)
        assert screen(pilot).focused is screen(pilot).board.curves


async def test_with_one_variant_chosen_a_knob_is_that_variants(engine):
    async with watching(engine.run) as pilot:
        await pilot.press("m", "k", "up")
        await until(pilot, engine.asked)
        assert engine.asked()[0]["key"] == "line.optimizer.lr"
        engine.answer()
        await until(pilot, lambda: says(pilot, "0.0125") and says(pilot, "only line"))


async def test_what_the_engine_refuses_is_told(engine):
    async with watching(engine.run) as pilot:
        await pilot.press("k", "up")
        await until(pilot, engine.asked)
        engine.log.write("note", level="warning", text="cannot set optimizer.lr to 0.0125; knobs: none")
        await until(pilot, lambda: says(pilot, "cannot set optimizer.lr"))
        assert not screen(pilot).controls.asked


async def test_a_run_that_ended_takes_no_requests(engine):
    engine.finish()
    async with watching(engine.run) as pilot:
        await pilot.press("space")
        await until(pilot, lambda: says(pilot, "This run is done: p shows it again."))
        await pilot.press("k", "up")
        await until(pilot, lambda: says(pilot, "its knobs cannot be turned any more"))
        await pilot.press("w")
        await until(pilot, lambda: any("is not running" in text for text in told(pilot)))


async def test_a_stopped_run_goes_on_with_r(engine, monkeypatch):
    engine.finish("stopped")
    resumed = []
    process = type("Process", (), {"poll": lambda self: None})()
    monkeypatch.setattr(launch, "resume", lambda run: resumed.append(run) or launch.Engine(run, process, 0))
    async with watching(engine.run) as pilot:
        await until(pilot, lambda: says(pilot, "STOPPED"))
        await pilot.press("r")
        await until(pilot, lambda: says(pilot, "Goes on from its last checkpoint."))
        assert resumed == [engine.run]
        assert [one.run for one in pilot.app.engines] == [engine.run]


# -- how it ended ------------------------------------------------------------------------------------------------------


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


# -- pictures ----------------------------------------------------------------------------------------------------------


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


# -- curves ------------------------------------------------------------------------------------------------------------


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
        await until(pilot, lambda: says(pilot, "CLAIM MET") and says(pilot, "wrong  step 300"))
        watched = await settled(pilot)
    async with watching(engine.run, (120, 40)) as pilot:
        await until(pilot, lambda: says(pilot, "wrong  step 300"))
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
