"""Runs that a screen asks the app to start, or to put into the queue."""

import sys

import pytest

from dltui.jobs import engine_control, launch, queue
from dltui.runs import run
from dltui.runs.events import Tail
from dltui.tui import starting
from dltui.tui.messages import StartRun
from tests.cli.conftest import FAKE
from tests.tui.app.conftest import RunScreen
from tests.tui.conftest import opened, told, until


@pytest.fixture
def engine(monkeypatch):
    """Engines that train nothing; those that still run at the end are ended."""
    monkeypatch.setattr(launch, "ENGINE_COMMAND", (sys.executable, str(FAKE), "wait"))
    yield
    for one in run.newest_first():
        engine_control.kill(one)


async def test_a_run_is_started_opened_and_goes_on_after_the_app(lab, engine):
    async with opened(lab()) as pilot:
        asked = StartRun("mlp-moons", {"train.steps": 300}, device="cpu")
        pilot.app.screen.post_message(asked)
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
        shown = pilot.app.screen.run_shown
        info = shown.info()
        assert info["overrides"] == {"train.steps": 300} and info["device"] == "cpu"
        assert info["argv"] == ["run", "mlp-moons", "train.steps=300", "--device", "cpu"]
        await until(pilot, lambda: run.engine_pid(shown))
    assert run.engine_pid(shown), "closing the app ends no run"


async def test_a_guess_stands_in_the_log_before_all_else(lab, engine):
    guess = {"answer": "net.accuracy", "value": 0.9, "language": "en"}
    async with opened(lab()) as pilot:
        pilot.app.screen.post_message(StartRun("mlp-moons", {"train.steps": 300}, guess=guess))
        await until(pilot, lambda: isinstance(pilot.app.screen, RunScreen))
        shown = pilot.app.screen.run_shown
        await until(pilot, lambda: run.state(shown).step > 0)
        events = list(Tail(shown.log).read())
        assert events[0].items() >= {"kind": "guess", "seq": 0, **guess}.items()
        assert [event["seq"] for event in events] == list(range(len(events)))


async def test_what_cannot_be_started_is_told_in_words(lab, engine):
    async with opened(lab()) as pilot:
        pilot.app.screen.post_message(StartRun("mlp-moons", {"train.stepz": 3}))
        await until(pilot, lambda: told(pilot))
        assert 'Did you mean "steps"?' in told(pilot)[0] and not run.newest_first()


async def test_a_run_can_wait_in_the_queue(lab, monkeypatch):
    monkeypatch.setattr(queue, "ensure_worker", lambda: 0)
    async with opened(lab()) as pilot:
        pilot.app.screen.post_message(StartRun("mlp-moons", {}, queue=True))
        await until(pilot, lambda: told(pilot))
        assert told(pilot) == ["mlp-moons waits in the queue as number 1."]
    assert [entry.recipe for entry in queue.pending()] == ["mlp-moons"] and not run.newest_first()


async def test_a_queue_that_nobody_works_off_is_taken_up(lab, monkeypatch):
    started = []
    monkeypatch.setattr(queue, "ensure_worker", lambda: started.append(1) or 2)
    async with opened(lab()) as pilot:
        await until(pilot, lambda: told(pilot))
        assert started and "2 in the queue" in told(pilot)[0]


def test_a_path_to_data_starts_at_the_current_folder(home, tmp_path, monkeypatch):
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path)
    recipe = starting._recipe(StartRun("mlp-mnist", {"data.from": "mine"}))
    assert recipe.data_from == str(tmp_path / "mine")
