"""Engines started, asked, ended: with one that trains nothing in the place of the real one."""

import json
import sys
from pathlib import Path

import pytest

from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import launch
from dltui.recipes import recipe
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
    import os

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


def test_kill_ends_an_engine_that_listens_to_nothing(behave):
    engine = behave("deaf")
    wait_until(lambda: runs.state(engine.run).status == "running")
    assert launch.kill(engine.run)
    assert engine.process.wait() == -9
    assert not launch.kill(engine.run)


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
