"""`dltui stop`, `pause`, `resume` and `set`: what they say once the engine has answered."""

import pytest

from dltui.cli import asking
from dltui.errors import ExitStatus
from dltui.runs import run as runs


def test_pause_and_resume(dltui, running):
    run = running()
    paused = dltui("pause", "last")
    assert paused.status == 0 and f"{run.id} is paused at step" in paused.err
    assert runs.state(run).status == "paused"
    assert f"{run.id} goes on" in dltui("resume", run.id).err
    again = dltui("resume", run.id)
    assert again.status == ExitStatus.USAGE and "is not paused: it is running" in again.err


def test_set_turns_a_knob_or_says_why_not(dltui, running):
    run = running()
    turned = dltui("set", "mlp-moons", "optimizer.lr=0.5")
    assert turned.status == 0 and f"{run.id}: optimizer.lr = 0.5 from step" in turned.err
    refused = dltui("set", "last", "optimizer.lr=fast")
    assert refused.status == ExitStatus.USAGE and "optimizer.lr must be a number, not 'fast'" in refused.err
    assert dltui("set", "last", "optimizer.lr").status == ExitStatus.USAGE


def test_stop_waits_for_the_end_and_tells_how_to_go_on(dltui, running):
    run = running()
    stopped = dltui("stop", run.id)
    assert stopped.status == 0 and f"dltui run --resume {run.id}" in stopped.err
    assert runs.state(run).status == "stopped" and runs.engine_pid(run) is None


def test_stop_now_ends_an_engine_that_does_not_listen(dltui, running, monkeypatch):
    run = running("deaf")
    monkeypatch.setattr("dltui.cli.commands.stop.PATIENCE", 0.1)
    monkeypatch.setattr(asking, "PATIENCE", 0.1)
    waiting = dltui("stop", run.id)
    assert "has not answered yet" in waiting.err and f"dltui stop {run.id} --now" in waiting.err
    monkeypatch.setattr("dltui.cli.commands.stop.PATIENCE", 20)
    assert "ended at once" in dltui("stop", run.id, "--now").err
    assert runs.engine_pid(run) is None


@pytest.mark.parametrize("words", [["pause"], ["stop"], ["resume"], ["set", "optimizer.lr=1"]])
def test_a_run_that_is_not_live_is_an_error_that_says_how_it_is(dltui, running, words):
    run = running()
    dltui("stop", run.id)
    result = dltui(words[0], "last", *words[1:])
    assert result.status == 1 and "is not running: it is stopped" in result.err
    assert f"dltui run --resume {run.id}" in result.err


def test_no_such_run(dltui):
    assert dltui("pause", "last").status == ExitStatus.NOT_FOUND
