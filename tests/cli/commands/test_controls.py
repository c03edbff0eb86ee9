"""`dltui stop`, `pause`, `resume` and `set`: what they say once the engine has answered."""

from concurrent.futures import ThreadPoolExecutor

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


def test_of_quick_sets_each_hears_its_own_answer(running):
    """Guards against the answer to somebody else's request for the same knob, just before or at the same time."""
    run = running()
    values = [0.5, "fast", 0.25, "slow", 0.125, "no"]
    with ThreadPoolExecutor(len(values)) as several:
        answers = list(several.map(lambda value: asking.asked(run, "set", "optimizer.lr", value), values))
    assert [answer["kind"] for answer in answers] == ["control", "note"] * 3
    assert [answer["value"] for answer in answers[::2]] == values[::2]
    assert all(value in answer["text"] for value, answer in zip(values[1::2], answers[1::2], strict=True))


def test_of_several_knobs_each_is_asked_for_and_what_was_refused_is_the_status(dltui, running):
    run = running()
    result = dltui("set", "last", "optimizer.lr=0.5", "optimizer.momentum=fast", "model.dropout=0.1")
    assert result.status == ExitStatus.USAGE
    assert "optimizer.lr = 0.5 from step" in result.err and "model.dropout = 0.1 from step" in result.err
    assert f"{run.id}: optimizer.momentum must be a number, not 'fast'" in result.err


@pytest.mark.parametrize("words", [["set", "last", "optimizer.lr=1"], ["pause", "last"]])
def test_a_request_that_is_not_answered_is_told_with_status_1(dltui, running, monkeypatch, words):
    running("deaf")
    monkeypatch.setattr(asking, "PATIENCE", 0.2)
    result = dltui(*words)
    assert result.status == ExitStatus.FAILED and "has not answered yet" in result.err and "dltui attach" in result.err


def test_a_request_that_cannot_be_written_is_told(dltui, running):
    run = running()
    run.control.mkdir()
    result = dltui("set", "last", "optimizer.lr=1")
    assert result.status == ExitStatus.FAILED and "control.jsonl: cannot be written" in result.err


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
    assert waiting.status == ExitStatus.FAILED
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
