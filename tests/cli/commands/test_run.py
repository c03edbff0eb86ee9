"""`dltui run`: what is started, what is shown off a terminal, and with which status it ends."""

import json
import os
import signal
import threading
import tomllib

import pytest

from dltui.cli.environment import Environment
from dltui.errors import ExitStatus
from dltui.recipes import recipe
from dltui.runs import run as runs
from dltui.runs.events import Tail
from tests.cli.conftest import wait_until


def test_off_a_terminal_nothing_on_stdout_and_a_summary_on_stderr(dltui, engine):
    engine("done")
    result = dltui("run", "mlp-moons")
    assert result.status == 0 and not result.out
    assert "data: points" in result.err and "100 of 100 steps" in result.err
    assert f"dltui replay {runs.newest_first()[0].id}" in result.err and "\x1b" not in result.err


def test_json_is_the_log_itself_and_nothing_else(dltui, engine):
    engine("done")
    result = dltui("run", "mlp-moons", "--json")
    assert result.status == 0 and not result.err
    assert result.out == runs.newest_first()[0].log.read_text()


def test_quiet_is_quiet(dltui, engine):
    engine("done")
    result = dltui("run", "mlp-moons", "--quiet")
    assert result == (0, "", "")


def test_a_claim_that_is_not_met_is_no_failure_of_a_run(dltui, engine):
    engine("unmet")
    assert dltui("run", "mlp-moons").status == 0


@pytest.mark.parametrize("how", ["--json", "--quiet", ""])
def test_the_status_is_that_of_the_finished_event_and_the_error_is_told(dltui, engine, how):
    engine("data_fault")
    result = dltui("run", "mlp-moons", *([how] if how else []))
    assert result.status == ExitStatus.DATA and result.err.count("the hub cannot be reached") == 1


def test_an_engine_that_is_killed_is_told_with_its_last_words(dltui, engine):
    engine("died")
    result = dltui("run", "mlp-moons")
    assert result.status == ExitStatus.FAILED
    assert "was killed by SIGKILL" in result.err and "something terrible about memory" in result.err
    assert f"dltui run --resume {runs.newest_first()[0].id}" in result.err


def test_an_engine_that_cannot_start_is_told_with_its_last_words(dltui, engine):
    engine("broken")
    result = dltui("run", "mlp-moons", "--json")
    assert result.status == ExitStatus.FAILED and "No module named torch" in result.err and not result.out


def test_detach_prints_the_id_and_the_run_goes_on(dltui, engine):
    engine("wait")
    result = dltui("run", "mlp-moons", "--detach", "--name", "mine")
    run = runs.find(result.out.strip())
    assert result.status == 0 and run.recipe_name == "mine"
    wait_until(lambda: runs.state(run).status == "running")


def test_changes_reach_the_runs_recipe(dltui, done, tmp_path):
    run = done("mlp-moons", "train.steps=7", "model.hidden=[3]", "--data", "builtin", "--device", "cpu")
    table = tomllib.loads(run.recipe_file.read_text())
    assert (table["train"]["steps"], table["model"]["hidden"], table["data"]["from"]) == (7, [3], "builtin")
    assert run.info()["overrides"] == {"train.steps": 7, "model.hidden": [3], "data.from": "builtin"}


def test_toml_on_stdin(dltui, engine):
    engine("done")
    assert dltui("run", "-", "--quiet", stdin=recipe.find("mlp-moons").read_text()).status == 0
    assert runs.newest_first()[0].recipe_name == "recipe"
    torn = dltui("run", "-", stdin="title = ")
    assert torn.status == ExitStatus.USAGE and "standard input: not TOML" in torn.err
    long = dltui("run", "-", stdin="#" * 300_000)
    assert long.status == ExitStatus.USAGE and "standard input: more than 262,144 characters" in long.err
    far = dltui("run", "-", stdin=f"title = 'x'\nplace = 0x{'f' * 6000}")
    assert far.status == ExitStatus.USAGE and "standard input: place must be a number of 64 bits" in far.err


def test_dry_run_prints_what_would_run_and_runs_nothing(dltui, engine, tmp_path):
    result = dltui("run", "mlp-moons", "train.steps=7", "--full", "--dry-run")
    assert result.status == 0 and tomllib.loads(result.out)["train"]["steps"] == 7
    (tmp_path / "again.toml").write_text(result.out)
    assert dltui("run", str(tmp_path / "again.toml"), "--dry-run").out == result.out
    assert dltui("run", "mlp-moons", "--dry-run", "--device", "gpu").status == ExitStatus.USAGE
    assert not runs.newest_first()


def test_a_change_that_no_variant_hears_is_told_before_it_starts(dltui, engine):
    engine("done")
    told = dltui("run", "mlp-moons", "model.hidden=[3]").err.splitlines()[0]
    assert told.startswith("model.hidden=[3] changes nothing: each variant has a model.hidden of its own")
    assert "changes nothing" not in dltui("run", "mlp-moons", "model.hidden=[3]", "--quiet").err
    assert "changes nothing" not in dltui("run", "mlp-moons", "train.steps=3").err


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        ([], 2, "RECIPE"),
        (["mlp-moon"], 3, 'Did you mean "mlp-moons"?'),
        (["mlp-moons", "train.stps=3"], 2, 'Did you mean "steps"?'),
        (["mlp-moons", "train.steps"], 2, "is not KEY=VALUE"),
        (["mlp-moons", "lr=1"], 2, 'on the command line: "lr" is unknown. Did you mean "optimizer.lr"?'),
        (["mlp-moons", "train.steps=0"], 2, "on the command line: train.steps must be at least 1, not 0"),
        (["lenet"], 3, 'Did you mean "lenet-mnist"'),
        (["mlp-moons", "--data", "/no/where"], 3, "/no/where"),
        (["mlp-moons", "--resume", "last"], 2, "takes no recipe"),
        (["--resume", "nothing"], 3, "no runs yet"),
    ],
)
def test_what_cannot_run_starts_nothing(dltui, words, status, says):
    result = dltui("run", *words)
    assert result.status == status and says in result.err and not runs.newest_first()


def test_a_fault_is_told_with_the_place_where_it_was_made(dltui, tmp_path):
    """What the file has wrong is the file's, what the command line adds to it is the command line's."""
    text = dltui("show", "mlp-moons", "--toml").out.replace("batch ", "bath ")
    (tmp_path / "a.toml").write_text(text)
    lines = dltui("run", str(tmp_path / "a.toml"), "optimizer.lrr=1").err.splitlines()
    assert [line.partition(" is unknown")[0] for line in lines] == [
        "on the command line: optimizer.lrr",
        f"{tmp_path / 'a.toml'}: train.bath",
    ]


def test_a_file_of_that_name_is_what_may_be_meant(dltui, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    dltui("new", "mine", "--from", "mlp-moons")
    assert 'Did you mean the file "mine.toml"?' in dltui("run", "mine").err


# -- resuming ----------------------------------------------------------------------------------------------------------


def test_a_resumed_run_shows_only_what_is_new_as_json(dltui, engine, running):
    run = running()
    dltui("stop", run.id)
    before = run.log.read_text()
    engine("done")
    result = dltui("run", "--resume", run.id, "--json")
    assert result.status == 0 and before + result.out == run.log.read_text()


def test_the_finished_event_of_before_does_not_end_a_resumed_run(dltui, engine, running):
    run = running()
    dltui("stop", run.id)
    engine("died")
    assert dltui("run", "--resume", run.id).status == ExitStatus.FAILED


def test_a_run_that_lives_is_not_resumed(dltui, running):
    run = running()
    result = dltui("run", "--resume", run.id)
    assert result.status == 1 and f"dltui attach {run.id}" in result.err


@pytest.fixture
def finished(done):
    """A run that is done, with a checkpoint."""
    run = done("mlp-moons", "train.steps=100")
    (run.checkpoints / "step-0000000100.safetensors").write_bytes(b"")
    return run


def test_a_run_that_is_done_is_trained_longer(dltui, finished):
    refused = dltui("run", "--resume", finished.id)
    assert refused.status == 1 and f"dltui run --resume {finished.id} train.steps=200" in refused.err
    before = finished.log.read_text()
    result = dltui("run", "--resume", finished.id, "train.steps=200", "--json")
    told, _, log = finished.log.read_text().removeprefix(before).partition("\n")
    assert result.status == 0 and result.out == log and json.loads(told)["text"] == "train.steps=200 from here"
    assert tomllib.loads(finished.recipe_file.read_text())["train"]["steps"] == 200
    info = json.loads((finished.path / "run.json").read_text())
    assert info["steps"] == info["overrides"]["train.steps"] == 200 and info["id"] == finished.id


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["optimizer.lr=1"], 2, "optimizer.lr cannot change with --resume"),
        (["train.steps=300", "train.batch=8", "data.from=hub"], 2, "train.batch, data.from cannot change"),
        (["train.steps=100"], 2, "has taken 100 steps already"),
        (["train.steps=many"], 2, "on the command line: train.steps must be a whole number"),
        (["train.steps=300", "--device", "cpu"], 2, "no change but train.steps"),
        (["train.steps=300", "--dry-run"], 2, "no change but train.steps"),
    ],
)
def test_nothing_else_of_a_resumed_run_changes(dltui, finished, words, status, says):
    before = [(finished.path / name).read_text() for name in ("recipe.toml", "run.json", "events.jsonl")]
    result = dltui("run", "--resume", finished.id, *words)
    assert result.status == status and says in result.err
    assert before == [(finished.path / name).read_text() for name in ("recipe.toml", "run.json", "events.jsonl")]


def test_without_a_checkpoint_it_is_not_begun_anew(dltui, done):
    run = done("mlp-moons")
    result = dltui("run", "--resume", run.id, "train.steps=200")
    assert result.status == 1 and "has no checkpoint to go on from" in result.err


# -- Ctrl-C and SIGTERM ------------------------------------------------------------------------------------------------


def when(true, *numbers: signal.Signals) -> threading.Thread:
    """Sends us each signal in turn, each as soon as `true(how many were sent)` is."""

    def send() -> None:
        for sent, number in enumerate(numbers):
            wait_until(lambda sent=sent: true(sent))
            os.kill(os.getpid(), number)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    return thread


def is_running(_sent: int) -> bool:
    known = runs.newest_first()
    return bool(known) and runs.state(known[0]).status == "running"


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, ExitStatus.INTERRUPTED), (signal.SIGTERM, ExitStatus.TERMINATED)]
)
def test_one_signal_stops_the_run_properly(dltui, engine, number, status):
    engine("wait")
    thread = when(is_running, number)
    result = dltui("run", "mlp-moons")
    thread.join()
    run = runs.newest_first()[0]
    assert result.status == status and runs.state(run).status == "stopped"
    assert f"dltui run --resume {run.id}" in result.err or "dltui replay" in result.err


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_second_one_ends_it_at_once(dltui, engine, number, status):
    engine("deaf")

    def asked(sent: int) -> bool:
        if not sent or not runs.newest_first():
            return is_running(sent)
        run = runs.newest_first()[0]
        return run.control.exists() if number == signal.SIGINT else "terminated" in run.log.read_text()

    thread = when(asked, number, number)
    result = dltui("run", "mlp-moons", "--quiet")
    thread.join()
    run = runs.newest_first()[0]
    assert result.status == status and runs.engine_pid(run) is None
    assert f"{run.id} was ended at once" in result.err


def test_the_handlers_are_ours_only_while_we_follow(dltui, engine):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    engine("done")
    dltui("run", "mlp-moons", "--quiet")
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_progress_is_a_plain_line_every_few_seconds(dltui, engine, monkeypatch):
    monkeypatch.setattr("dltui.cli.follow.LINE", 0.05)
    engine("wait")
    thread = when(lambda sent: is_running(sent) and runs.state(runs.newest_first()[0]).step > 60, signal.SIGINT)
    lines = dltui("run", "mlp-moons").err.splitlines()
    thread.join()
    assert sum(line.startswith("step ") and "loss" in line for line in lines) >= 2


def test_events_of_json_are_flushed_as_they_come(dltui, engine, running):
    """`attach --json` of a live run has printed its first events long before the run ends."""
    run = running()
    thread = threading.Timer(0.0, lambda: (wait_until(lambda: runs.state(run).step > 20), dltui("stop", run.id)))
    thread.start()
    result = dltui("attach", run.id, "--json")
    thread.join()
    kinds = [json.loads(line)["kind"] for line in result.out.splitlines()]
    assert kinds[:2] == ["note", "started"] and kinds[-1] == "finished" and result.status == 130


def test_a_path_to_data_is_no_change_without_effect(dltui, tmp_path):
    """Variants with data options of their own take the path too, made absolute."""
    (tmp_path / "rows").mkdir()
    result = dltui("run", "unet-cells", "--data", str(tmp_path / "rows"), "--dry-run")
    relative = dltui("run", "unet-cells", "--data", os.path.relpath(tmp_path / "rows"), "--dry-run")
    assert result.status == relative.status == 0 and "changes nothing" not in result.err + relative.err


def test_off_a_terminal_nobody_is_asked_for_a_guess(dltui, engine):
    engine("done")
    done = dltui("run", "mlp-moons", "--predict")
    assert done.status == ExitStatus.OK and "--predict asks at a terminal; here nobody is asked." in done.err
    assert not any(event["kind"] == "guess" for event in Tail(runs.newest_first()[0].log).read())


def test_what_is_guessed_at_a_terminal_stands_in_the_log_and_the_course_tells_how_it_came_out(
    dltui, engine, monkeypatch
):
    """An answer that is none is asked for again."""
    monkeypatch.setattr(Environment, "is_visit", property(lambda self: True))
    engine("done")
    done = dltui("run", "mlp-moons", "--predict", stdin="often\n85 %\n")
    assert done.out.count("Your guess (0 to 1; Enter skips it)") == 2
    first = next(iter(Tail(runs.newest_first()[0].log).read()))
    assert (first["kind"], first["answer"], first["value"]) == ("guess", "line.accuracy", 0.85)
    course = dltui("course", "--json")
    steps = {step["name"]: step["guess"] for topic in json.loads(course.out) for step in topic["steps"]}
    assert steps["mlp-moons"] is None, "this engine measured no such value"


@pytest.mark.parametrize("word", ["--json", "--quiet", "--prepare"])
def test_where_nobody_looks_nobody_is_asked_for_a_guess(dltui, word):
    refused = dltui("run", "mlp-moons", "--predict", word)
    assert refused.status == ExitStatus.USAGE and "asks at the terminal" in refused.err


def test_data_for_a_recipe_that_has_none_are_refused_and_not_passed_over(dltui, tmp_path):
    (tmp_path / "iris.csv").write_text("a,b\n1,2\n")
    result = dltui("run", "cca", "--data", str(tmp_path / "iris.csv"), "--dry-run")
    assert result.status == ExitStatus.USAGE and "cca has no [data]" in result.err
    assert dltui("run", "cca", "--data", "builtin", "--dry-run").status == ExitStatus.OK
