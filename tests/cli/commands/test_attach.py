"""`dltui attach`."""

import os
import signal
import threading

from dltui.errors import ExitStatus
from dltui.runs import engine_lock
from dltui.runs import run as runs
from dltui.runs.events import EventLog
from tests.cli.conftest import wait_until


def test_a_finished_run_is_shown_whole_with_its_status(dltui, done):
    run = done("mlp-moons")
    result = dltui("attach", "mlp-moons")
    assert result.status == 0 and not result.out and "100 of 100 steps" in result.err
    assert dltui("attach", "last", "--json").out == run.log.read_text()
    done("mlp-moons", behaviour="data_fault")
    assert dltui("attach", "last").status == ExitStatus.DATA


def test_ctrl_c_leaves_the_run_running_and_says_so(dltui, running):
    run = running()
    before = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    before.start()
    result = dltui("attach", run.id)
    assert result.status == ExitStatus.INTERRUPTED and f"{run.id} goes on" in result.err
    assert runs.state(run).status == "running"


def test_a_run_that_was_made_longer_is_followed_past_its_older_end(dltui, done):
    run = done("mlp-moons")
    lock = engine_lock.hold(run)
    result = []
    thread = threading.Thread(target=lambda: result.append(dltui("attach", run.id)))
    thread.start()
    thread.join(1)
    assert thread.is_alive(), "the end that its log holds is that of the engine before"
    log = EventLog(run.log)
    log.write("started", step=100, steps=200)
    log.write("scalars", series="", step=[200], values={"loss": [0.5]})
    log.write("finished", status="done", exit=0, step=200, steps=200, summary={}, expect=[], seconds=1.0)
    log.close()
    lock.close()
    thread.join(20)
    assert result[0].status == 0 and "200 of 200 steps" in result[0].err


def test_a_run_whose_engine_died_is_told_so(dltui, done):
    run = done("mlp-moons", behaviour="died")
    wait_until(lambda: not runs.state(run).live)
    result = dltui("attach", run.id)
    assert result.status == 1 and "the engine died" in result.err and "something terrible" in result.err


def test_lines_and_a_recipe_that_cannot_be_read_are_told_and_the_run_is_shown(dltui, done):
    run = done("mlp-moons")
    lines = run.log.read_bytes().split(b"\n")
    lines[3:5] = [b"[" * 2000, b'{"v":1,"seq":4,"t":1.0,"kind":"scalars","series":"","step":[4],"values":{"loss":"x"}}']
    run.log.write_bytes(b"\n".join(lines))
    run.recipe_file.write_text("model = 3\n[expect]\naccuracy = []\n")
    for command in ("attach", "replay"):
        result = dltui(command, "last")
        assert result.status == 0 and "2 lines of the log could not be read." in result.err
        assert "100 of 100 steps" in result.err and "recipe.toml: its models or claims" in result.err
