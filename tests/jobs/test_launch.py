"""Engines started, asked, ended: with one that trains nothing in the place of the real one."""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import launch
from dltui.recipes import recipe
from dltui.runs import engine_lock
from dltui.runs import run as runs
from tests.cli.conftest import FAKE, wait_until


@pytest.fixture
def behave(monkeypatch, home):
    """behave("wait") -> an engine that does so. What still runs at the end is ended."""
    started = []

    def start(behaviour: str, **options) -> launch.Engine:
        monkeypatch.setattr(launch, "ENGINE_COMMAND", (sys.executable, str(FAKE), behaviour))
        started.append(launch.start(recipe.load("mlp-moons"), **options))
        return started[-1]

    yield start
    for engine in started:
        engine.kill()


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


def test_controls_are_whole_lines_and_only_for_a_run_that_lives(behave):
    engine = behave("wait")
    wait_until(lambda: runs.state(engine.run).status == "running")
    launch.control(engine.run, "set", "optimizer.lr", 0.5)
    launch.control(engine.run, "stop")
    engine.process.wait()
    first, second = map(json.loads, engine.run.control.read_text().splitlines())
    assert (first["op"], first["key"], first["value"], second["op"]) == ("set", "optimizer.lr", 0.5, "stop")
    with pytest.raises(DltuiError, match="is not running: it is stopped"):
        launch.control(engine.run, "pause")


def test_a_resumed_run_forgets_old_controls_and_knows_its_own_events(behave):
    engine = behave("wait")
    wait_until(lambda: runs.state(engine.run).status == "running")
    with pytest.raises(DltuiError, match="already"):
        launch.resume(engine.run)
    launch.control(engine.run, "stop")
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
    launch.control(engine.run, "stop")
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
        launch.control(engine.run, "stop")
    finally:
        again.kill()
    assert json.loads(engine.run.control.read_text())["op"] == "stop"


def test_kill_ends_an_engine_that_listens_to_nothing(behave):
    engine = behave("deaf")
    wait_until(lambda: runs.state(engine.run).status == "running")
    assert launch.kill(engine.run)
    assert engine.process.wait() == -9
    assert not launch.kill(engine.run)


def test_kill_signals_nobody_but_the_engine(behave, monkeypatch):
    """A dead run's lock holds a process id that a stranger has by now, and another stranger holds the lock."""
    engine = behave("died")
    engine.process.wait()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as stranger:
        for left in (json.dumps({"pid": stranger.pid, "started": "1", "host": os.uname().nodename}), str(stranger.pid)):
            engine.run.lock.write_text(left)
            with open(engine.run.lock) as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                with pytest.raises(DltuiError, match="no engine of dltui holds the lock"):
                    launch.kill(engine.run)
                with pytest.raises(DltuiError, match="no engine of dltui holds the lock"):
                    launch.resume(engine.run)
        time.sleep(0.1)
        assert stranger.poll() is None
        stranger.communicate(b"\n")
        assert stranger.returncode == 0


def test_kill_waits_for_a_process_id_only_so_long(behave, monkeypatch):
    monkeypatch.setattr(launch, "PATIENCE", 0.2)
    engine = behave("died")
    engine.process.wait()
    lock = engine_lock.claim(engine.run)  # by who is killed before it starts an engine
    try:
        with pytest.raises(DltuiError, match="has no engine yet"):
            launch.kill(engine.run)
    finally:
        os.close(lock)


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


# -- where the rows come from ------------------------------------------------------------------------------------------


def source_of(monkeypatch, machine: str, word: str = "mlp-mnist", **changes) -> str:
    monkeypatch.setenv("DLTUI_DATA", machine)
    changes = {key.replace("_", "."): value for key, value in changes.items()}
    return launch.with_source(recipe.load(word, changes), named_here="data.from" in changes).data_from


def test_the_machines_source_stands_in_for_auto_alone(monkeypatch, tmp_path):
    assert source_of(monkeypatch, "builtin") == "builtin"
    assert source_of(monkeypatch, "builtin", data_from="hub") == "hub"
    assert source_of(monkeypatch, str(tmp_path)) == str(tmp_path)
    assert source_of(monkeypatch, "") == "auto"


def test_the_machines_source_is_left_where_a_data_set_lacks_it(monkeypatch):
    assert source_of(monkeypatch, "hub", "mlp-moons") == "auto"


def test_a_path_starts_where_it_was_written(monkeypatch, tmp_path):
    (tmp_path / "mine" / "rows").mkdir(parents=True)
    text = recipe.find("mlp-mnist").read_text().replace('kind = "mnist"', 'kind = "mnist"\nfrom = "rows"', 1)
    (tmp_path / "mine" / "own.toml").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert source_of(monkeypatch, "", "mine/own.toml") == str(tmp_path / "mine" / "rows")
    assert source_of(monkeypatch, "", data_from="mine/rows") == str(tmp_path / "mine" / "rows")
    with pytest.raises(DltuiError) as error:
        source_of(monkeypatch, "", data_from="rows")
    assert error.value.status == ExitStatus.DATA and str(tmp_path / "rows") in str(error.value)


# -- entries that answer once ------------------------------------------------------------------------------------------


@pytest.fixture
def entry(monkeypatch, tmp_path):
    """entry(source) -> what `launch.ask("entry")` gives for an entry of that source."""
    (tmp_path / "asked" / "commands").mkdir(parents=True)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(launch, "ENGINE_COMMAND", (sys.executable, "-P", "-m", "asked"))

    def ask(source: str, *words: str, **options) -> dict:
        Path(tmp_path / "asked" / "commands" / "entry.py").write_text(f"import json, sys\n{source}")
        return launch.ask("entry", *words, **options)

    return ask


def test_an_entry_answers_and_tells_its_progress(entry):
    told = []
    source = 'print("noise"); print(json.dumps({"progress": "half"})); print(json.dumps({"words": sys.argv[1:]}))'
    assert entry(source, "a", "b", report=told.append) == {"words": ["a", "b"]}
    assert told == ["half"]


def test_an_entrys_error_is_ours(entry):
    with pytest.raises(DltuiError) as error:
        entry('print(json.dumps({"error": "no rows", "hint": "try", "exit": 4})); sys.exit(4)')
    assert (error.value.message, error.value.hint, error.value.status) == ("no rows", "try", ExitStatus.DATA)


def test_an_entry_that_breaks_is_told_by_its_last_words(entry):
    with pytest.raises(DltuiError, match="status 1: ImportError: no torch"):
        entry('raise ImportError("no torch")')
