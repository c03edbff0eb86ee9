"""--notify: who watches a run, a sweep or verify is told of the end, a failure and a standstill, and nobody else."""

import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from dltui.errors import ExitStatus
from dltui.jobs import engine_control
from dltui.runs import run as runs
from tests.cli.conftest import wait_until
from tests.cli.terminal import Terminal, command
from tests.jobs.told import Program, serving, settings

BEGIN = b"\x1b]9;dltui "
VALLEY = "tests/cli/valley_engine.py"


@pytest.fixture
def program(home, tmp_path) -> Program:
    """What notify.toml names as the command."""
    found = Program(tmp_path)
    settings(home, command=found.command)
    return found


def told(program: Program) -> list[tuple[str, str, int]]:
    """(event, status, exit) of each call."""
    return [(call["stdin"]["event"], call["stdin"]["status"], call["stdin"].get("exit", -1)) for call in program.calls]


# -- the terminal ------------------------------------------------------------------------------------------------------


def test_a_terminal_gets_the_bell_and_the_notification_after_the_live_view():
    terminal = Terminal("run", "mlp-moons", "--notify")
    assert terminal.finish() == 0
    at = terminal.output.find(BEGIN + b"run: mlp-moons-")
    assert at > terminal.output.rfind(b"\x1b[?1049l") > 0 and terminal.output.rstrip().endswith(b"\x07\x07")
    assert b"done, claim met, at step 100 of 100" in terminal.output[at:]


def test_a_failure_is_told_on_the_terminal_with_its_reason():
    terminal = Terminal("run", "mlp-moons", "--notify", "--quiet", behaviour="diverged")
    assert terminal.finish() == ExitStatus.DIVERGED
    assert b"diverged at step 0 of 100" in terminal.output.partition(BEGIN)[2] and b"loss is nan" in terminal.output


def test_without_the_option_a_terminal_gets_neither():
    terminal = Terminal("run", "mlp-moons")
    assert terminal.finish() == 0 and BEGIN not in terminal.output and b"\x07" not in terminal.output


def test_the_setting_stands_for_the_option_and_can_be_overruled(home):
    settings(home, always=True)
    for words, rings in (([], True), (["--no-notify"], False)):
        terminal = Terminal("run", "mlp-moons", "--quiet", *words)
        assert terminal.finish() == 0 and (BEGIN in terminal.output) == rings


def test_a_setting_can_keep_the_terminal_quiet(home, program):
    settings(home, command=program.command, terminal=False)
    terminal = Terminal("run", "mlp-moons", "--quiet", "--notify")
    assert terminal.finish() == 0 and b"\x07" not in terminal.output and told(program) == [("end", "done", 0)]


def test_in_a_pipe_nothing_is_written_of_it(program):
    words = command("run", "mlp-moons", "--notify", "--json")
    done = subprocess.run(words, capture_output=True, stdin=subprocess.DEVNULL, env=os.environ | {"TERM": "xterm"})
    assert done.returncode == 0 and told(program) == [("end", "done", 0)]
    assert not {b"\x07", b"\x1b"} & {bytes([byte]) for byte in done.stdout + done.stderr}
    assert [json.loads(line)["kind"] for line in done.stdout.splitlines()][-1] == "finished"


def test_standard_error_that_is_a_terminal_is_told_while_the_other_is_a_pipe(home):
    terminal = Terminal("run", "mlp-moons", "--notify", "--json")  # both are one here
    assert terminal.finish() == 0 and terminal.output.count(BEGIN) == 1


def test_where_nobody_could_be_told_it_is_refused(dltui, engine):
    engine("done")
    for words in (["run", "mlp-moons"], ["verify", "mlp-moons"], ["queue", "add", "mlp-moons"]):
        for wish in (["--notify"], ["--notify-stalled", "5"]):
            result = dltui(*words, *wish)
            assert result.status == ExitStatus.USAGE and "notify.toml" in result.err, words
    assert runs.newest_first() == []


# -- ends, failures, standstills ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        ("done", ("end", "done", 0)),
        ("diverged", ("failure", "diverged", 5)),
        ("data_fault", ("failure", "failed", 4)),
        ("died", ("failure", "lost", 1)),
    ],
)
def test_a_runs_end_is_told_as_it_was(dltui, engine, program, behaviour, expected):
    engine(behaviour)
    result = dltui("run", "mlp-moons", "--notify", "--quiet")
    assert result.status == expected[2] and told(program) == [expected]


def test_a_failing_command_is_a_note_and_not_the_runs_status(dltui, engine, home):
    settings(home, command=f"{sys.executable} -c 'raise SystemExit(9)'")
    engine("done")
    result = dltui("run", "mlp-moons", "--notify", "--quiet")
    assert result.status == 0 and "it ended with status 9." in result.err


def test_who_pressed_ctrl_c_knows(dltui, engine, program):
    engine("wait")
    timer = threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    assert dltui("run", "mlp-moons", "--notify", "--quiet").status == ExitStatus.INTERRUPTED
    assert told(program) == []


def test_a_stop_from_elsewhere_is_told(dltui, running, program):
    run = running()
    timer = threading.Timer(0.5, lambda: engine_control.request(run, "stop"))
    timer.start()
    assert dltui("attach", run.id, "--notify").status == ExitStatus.INTERRUPTED
    assert told(program) == [("end", "stopped", 130)]


def test_a_run_that_had_ended_is_no_news(dltui, done, program):
    run = done("mlp-moons")
    assert dltui("attach", run.id, "--notify").status == 0 and told(program) == []


def test_a_standstill_is_told_and_the_run_goes_on(dltui, running, program):
    run = running("deaf")
    result = []
    attached = threading.Thread(target=lambda: result.append(dltui("attach", run.id, "--notify-stalled", "0.005")))
    attached.start()
    wait_until(lambda: told(program) == [("stalled", "running", -1)])
    assert "nothing has moved for" in program.calls[0]["stdin"]["text"]
    engine_control.kill(run)
    attached.join(20)
    assert told(program)[1:] == [("failure", "lost", 1)] and result[0].status == 1


def test_detach_leaves_nobody_to_be_told(dltui, engine, program):
    engine("done")
    assert dltui("run", "mlp-moons", "--detach", "--notify").status == ExitStatus.USAGE
    settings(runs.paths.home(), command=program.command, always=True)
    assert dltui("run", "mlp-moons", "--detach").status == 0 and told(program) == []


def test_a_wish_that_is_wrong_is_told_where_nothing_else_asks(dltui, engine, home):
    engine("done")
    settings(home, always="true")
    assert "'true' is not true or false" in dltui("run", "mlp-moons", "--quiet").err
    assert "DLTUI_NOTIFY is 'yes'" in dltui("run", "mlp-moons", "--quiet", DLTUI_NOTIFY="yes").err
    assert dltui("run", "mlp-moons", "--quiet", "--no-notify").err == ""


@pytest.mark.parametrize("minutes", ["-1", "nan", "inf"])
def test_minutes_that_are_none_are_refused(dltui, engine, program, minutes):
    engine("done")
    result = dltui("run", "mlp-moons", "--notify-stalled", minutes)
    assert result.status == ExitStatus.USAGE and "is no number of minutes" in result.err


def test_verify_is_told_once_with_what_was_met(dltui, engine, program):
    engine("done")
    assert dltui("verify", "mlp-moons", "mlp-mnist", "--notify").status == 0
    engine("unmet")
    assert dltui("verify", "mlp-moons", "--notify").status == ExitStatus.CLAIM
    assert told(program) == [("end", "done", 0), ("failure", "failed", 7)]
    first, second = (call["stdin"] for call in program.calls)
    assert first["title"] == "dltui verify: mlp-moons, mlp-mnist" and first["text"] == "2 of 2 met"
    assert second["reason"] == second["text"] == "0 of 1 met"


def test_a_sweep_is_told_once_with_the_best(dltui, monkeypatch, program):
    monkeypatch.setattr("dltui.jobs.launch.ENGINE_COMMAND", (sys.executable, os.path.abspath(VALLEY)))
    monkeypatch.setenv("PYTHONPATH", os.getcwd())
    words = ["sweep", "mlp-moons", "optimizer.lr=log:1e-4..0.5", "--trials", "3", "--together", "1"]
    result = dltui(*words, "--metric", "net.accuracy", "--goal", "max", "--notify", "--name", "night")
    assert result.status == 0, result.err
    assert told(program) == [("end", "done", 0)]
    note = program.calls[0]["stdin"]
    assert note["title"] == "dltui sweep: night" and note["text"].startswith("3 trials, the best: net.accuracy")


def test_a_sweep_that_fails_is_told(dltui, engine, program):
    engine("data_fault")
    words = ["sweep", "mlp-moons", "optimizer.lr=log:1e-4..0.5", "--trials", "2", "--together", "1"]
    result = dltui(*words, "--metric", "net.accuracy", "--goal", "max", "--notify", "--name", "night")
    assert result.status == ExitStatus.DATA
    assert told(program) == [("failure", "failed", 4)]
    assert "the hub cannot be reached" in program.calls[0]["stdin"]["text"]


def test_an_address_is_told_too(dltui, engine, home):
    engine("done")
    with serving() as server:
        settings(home, url=server.url)
        assert dltui("run", "mlp-moons", "--notify", "--quiet").status == 0
        assert [post["status"] for _, _, post in server.posts] == ["done"]


def test_the_queue_takes_the_wish_along(dltui, program, monkeypatch):
    monkeypatch.setattr("dltui.jobs.queue.ensure_worker", lambda: 0)
    for words in (["--notify"], ["--notify-stalled", "5"], ["--no-notify"], []):
        assert dltui("queue", "add", "mlp-moons", *words).status == 0
    assert [entry["notify"] for entry in json.loads(dltui("queue", "--json").out)] == [0, 5, False, None]
