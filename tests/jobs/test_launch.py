"""Engines started, asked, ended: with one that trains nothing in the place of the real one."""

import json
import os
import shutil
import sys

import pytest

from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import engine_control, launch
from dltui.recipes import recipe
from dltui.runs import run as runs
from tests.cli.conftest import wait_until


def test_the_folder_says_all_that_was_asked(behave):
    engine = behave("done", overrides={"train.steps": 5}, device="cpu", threads=2, name="mine", argv=["run", "x"])
    assert engine.process.wait() == 0
    info = engine.run.info()
    assert engine.run.recipe_name == "mine" and info["recipe"] == "mlp-moons"
    assert (info["device"], info["threads"], info["precision"]) == ("cpu", 2, "auto")
    assert info["overrides"] == {"train.steps": 5} and info["argv"] == ["run", "x"]
    assert recipe.load(str(engine.run.recipe_file)).table == recipe.load("mlp-moons").table


def test_an_engine_is_in_a_session_of_its_own_and_its_words_are_kept(behave):
    engine = behave("wait")
    wait_until(lambda: runs.engine_pid(engine.run))
    assert os.getsid(engine.process.pid) == engine.process.pid
    died = behave("died")
    died.process.wait()
    assert "something terrible" in launch.last_words(died.run)


@pytest.mark.parametrize(
    ("option", "wrong"), [("device", "gpu"), ("precision", "fp8"), ("threads", -1), ("name", "A b")]
)
def test_a_wrong_choice_starts_nothing(behave, option, wrong):
    with pytest.raises(DltuiError) as error:
        behave("done", **{option: wrong})
    assert error.value.status == ExitStatus.USAGE and str(wrong) in error.value.message
    assert not runs.newest_first()


def test_a_resumed_run_forgets_old_controls_and_knows_its_own_events(behave):
    engine = behave("wait")
    wait_until(lambda: runs.state(engine.run).status == "running")
    with pytest.raises(DltuiError, match="already"):
        launch.resume(engine.run)
    engine_control.request(engine.run, "stop")
    engine.process.wait()
    again = launch.resume(engine.run)
    wait_until(lambda: runs.state(engine.run).status == "running")
    assert not engine.run.control.exists()
    assert again.first > engine.first
    again.kill()


def test_a_run_that_is_done_is_not_resumed(behave):
    engine = behave("done")
    engine.process.wait()
    with pytest.raises(DltuiError, match="no step is left"):
        launch.resume(engine.run)


def test_a_resumed_run_is_live_before_its_engine_has_begun_and_is_resumed_once(behave, monkeypatch):
    """Its log still ends with `finished`: the lock is what tells."""
    engine = behave("wait")
    wait_until(lambda: runs.state(engine.run).status == "running")
    engine_control.request(engine.run, "stop")
    engine.process.wait()
    monkeypatch.setattr(launch, "ENGINE_COMMAND", (sys.executable, "-c", "import time; time.sleep(60)"))
    again = launch.resume(engine.run)
    try:
        assert runs.state(engine.run).live and runs.engine_pid(engine.run) == again.process.pid
        with pytest.raises(DltuiError, match="already"):
            launch.resume(engine.run)
        with monkeypatch.context() as patch:  # as one who had looked before the first resumed it
            patch.setattr(runs, "state", lambda run: runs.State("stopped", 1, 2, {}, [], 1.0, ""))
            with pytest.raises(DltuiError, match=f"is running already, as process {again.process.pid}"):
                launch.resume(engine.run)
        engine_control.request(engine.run, "stop")
    finally:
        again.kill()
    assert json.loads(engine.run.control.read_text())["op"] == "stop"


def test_of_an_engine_that_said_nothing_is_told_what_is_known(behave, monkeypatch):
    engine = behave("wait")
    wait_until(lambda: runs.state(engine.run).step > 3)
    engine.kill()
    step = runs.state(engine.run).step
    assert launch.last_words(engine.run) == f"It said nothing. Its log ends at step {step} of 100."
    monkeypatch.setattr(launch.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(9, 9, 0))
    assert "is full (0 bytes are free)" in launch.last_words(engine.run)
    monkeypatch.undo()
    shutil.rmtree(engine.run.path)
    assert "cannot be looked at: No such file" in launch.last_words(engine.run)


@pytest.mark.parametrize("threads", [-1, launch.MOST_THREADS + 1, 10**400])
def test_threads_beyond_what_an_engine_survives_are_refused(threads):
    with pytest.raises(DltuiError, match="threads must be 0"):
        launch.check_choices("cpu", "fp32", threads, "")
