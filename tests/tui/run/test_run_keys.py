"""The keys of the run screen that turn a run: what they ask of its engine, and what is told of the answer."""

import pytest

from dltui.jobs import launch
from dltui.runs import run as runs
from tests.tui.conftest import rows, says, told, until
from tests.tui.fake_engine import FakeEngine
from tests.tui.run.conftest import screen, watching


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


async def test_one_step_pauses_a_running_run_and_one_space_goes_on(engine):
    async with watching(engine.run) as pilot:
        await pilot.press("full_stop")
        await until(pilot, engine.answer)
        await until(pilot, lambda: says(pilot, "PAUSED") and says(pilot, "space go on"))
        assert not says(pilot, " left") and runs.state(engine.run).status == "paused"
        await pilot.press("space")
        await until(pilot, engine.answer)
        await until(pilot, lambda: says(pilot, "RUNNING") and says(pilot, "space pause"))
        assert [request["op"] for request in engine.asked()] == ["step", "resume"]


async def test_a_run_that_failed_before_its_first_checkpoint_offers_no_resume(engine):
    engine.finish("failed", error="the rows are gone.")
    async with watching(engine.run) as pilot:
        await until(pilot, lambda: says(pilot, "FAILED"))
        assert not says(pilot, "checkpoint") and not says(pilot, "r go on")
        await pilot.press("r")
        await until(pilot, lambda: says(pilot, "before its first checkpoint"))


async def test_a_run_that_stopped_with_a_checkpoint_offers_to_go_on(engine):
    engine.save()
    engine.finish("stopped")
    async with watching(engine.run) as pilot:
        await until(pilot, lambda: says(pilot, "r: go on with it") and says(pilot, "r go on with it"))


@pytest.mark.parametrize("begun", [False, True])
async def test_keys_that_do_nothing_are_not_offered(begun):
    engine = FakeEngine()
    if not begun:
        engine.finish("failed", error="no data.")
    async with watching(engine.run) as pilot:
        await until(pilot, lambda: says(pilot, "e engine log"))
        offered = rows(pilot)[-1]
        assert not [word for word in ("replay", "zoom", "knobs", "pause", "earlier") if word in offered]
    engine.die()


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
        asked = {name: engine.asked()[-1][name] for name in ("op", "key", "value")}
        assert asked == {"op": "set", "key": "optimizer.momentum", "value": 0.7}
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


def shown_in(pilot, widget) -> str:
    return "\n".join(rows(pilot)[widget.region.y : widget.region.bottom])


async def test_what_the_engine_refuses_is_told_where_the_knob_is_until_it_is_turned_again(engine):
    async with watching(engine.run) as pilot:
        await pilot.press("k", "up")
        await until(pilot, engine.asked)
        asked = engine.asked()[0]["id"]
        engine.log.write("note", level="warning", text="optimizer.lr must be above 1, not 0.0125", id=asked)
        panel = screen(pilot).board.knobs
        await until(pilot, lambda: "must be above 1" in shown_in(pilot, panel))
        assert not screen(pilot).controls.asked and not says(pilot, "0.0125 …")
        await pilot.press("right")
        await until(pilot, lambda: "must be above 1" not in shown_in(pilot, panel))
        await pilot.press("left", "up")
        await until(pilot, lambda: len(engine.asked()) == 2)
        assert "must be above 1" not in shown_in(pilot, panel)


async def test_a_run_that_ended_takes_no_requests(engine):
    engine.finish()
    async with watching(engine.run) as pilot:
        await pilot.press("space")
        await until(pilot, lambda: says(pilot, "This run is done: p shows it again, e shows the engine's log."))
        await pilot.press("k", "up")
        await until(pilot, lambda: says(pilot, "its knobs cannot be turned any more"))
        await pilot.press("w")
        await until(pilot, lambda: any("is not running" in text for text in told(pilot)))


async def test_a_stopped_run_goes_on_with_r(engine, monkeypatch):
    engine.save()
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
