"""What is told of a run's end, and that a command or an address that fails is a sentence and holds nothing up."""

import json
import shlex
import sys
import time

import pytest

from dltui.atomic_write import _lives
from dltui.jobs import notice
from dltui.jobs.notice import Deliveries
from dltui.jobs.notify_settings import NotifySettings
from dltui.runs import annotations
from dltui.runs import run as runs
from dltui.runs.events import EventLog
from tests.cli.conftest import wait_until
from tests.jobs.told import Program, serving

NOTICE = notice.made("end", "run", "mlp-moons", "done: accuracy 0.5", run="mlp-moons-1", exit=0, summary={"a": 1.0})


@pytest.fixture
def run(home):
    return runs.create("mlp-moons", 'title = "x"\n', {"steps": 9})


def finished(run, status="done", **more):
    log = EventLog(run.log)
    log.write("started", step=0, steps=9, series=[""])
    told = {"summary": {"accuracy": 0.97531, "loss": float("nan")}, "expect": [], "seconds": 754.0, "error": ""} | more
    log.write("finished", status=status, exit=0, step=9, steps=9, **told)
    log.close()


def delivered(**settings) -> list[str]:
    deliveries = Deliveries(NotifySettings(**settings))
    deliveries.send(NOTICE)
    return deliveries.wait()


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


# -- what is told ------------------------------------------------------------------------------------------------------


def test_a_run_that_is_done_is_told_with_its_values(run):
    claim = {"name": "accuracy", "want": ">= 0.9", "got": 0.97531, "ok": True}
    finished(run, expect=[claim])
    annotations.change(run.path, lambda before: before._replace(name="best"))
    told = notice.of_run("run", run, 0)
    assert told.event == "end" and told.title == f"dltui run: best ({run.id})"
    assert told.text == "done, claim met, at step 9 of 9 after 12 min: accuracy 0.9753"
    facts = json.loads(json.dumps(told.as_json))
    assert (facts["run"], facts["status"], facts["claim"], facts["name"]) == (run.id, "done", "met", "best")
    assert facts["summary"] == {"accuracy": 0.97531, "loss": "nan"}
    assert told.variables["DLTUI_NOTIFY_STATUS"] == "done" and "DLTUI_NOTIFY_SUMMARY" not in told.variables


def test_a_failure_is_told_with_its_reason(run):
    finished(run, "diverged", error="loss is nan\nat step 9.")
    told = notice.of_run("run", run, 5)
    assert told.event == "failure" and told.facts["reason"] == "loss is nan at step 9." and told.facts["exit"] == 5
    assert "diverged at step 9 of 9" in told.text and told.text.endswith("loss is nan at step 9.")


def test_an_engine_that_died_is_told_with_its_last_words(run):
    run.engine_log.write_text("first\nout of memory\n")
    run.lock.touch()
    told = notice.of_run("run", run, 1)
    assert told.event == "failure" and told.facts["status"] == "lost" and "out of memory" in told.text


def test_no_escape_leaves_in_a_notice(run):
    finished(run, "failed", error="\x1b]52;c;x\x07\x9bevil\u202e" + "x" * 1000)
    told = notice.of_run("run", run, 1)
    assert len(told.text) <= notice.LONGEST and told.text.isprintable()
    assert all(value.isprintable() for value in told.variables.values())


# -- how it is told ----------------------------------------------------------------------------------------------------


def test_a_command_gets_the_facts_as_variables_and_as_json_and_no_shell_reads_it(tmp_path):
    program = Program(tmp_path)
    assert delivered(command=tuple(shlex.split(program.command))) == []
    (call,) = program.calls
    assert call["stdin"] == NOTICE.as_json and call["words"] == ["$HOME", "a;b"]
    assert call["variables"]["DLTUI_NOTIFY_EVENT"] == "end" and call["variables"]["DLTUI_NOTIFY_EXIT"] == "0"


def test_a_url_gets_them_by_post():
    with serving() as server:
        assert delivered(url=server.url) == []
        assert server.posts == [("/hook/secret", "application/json", NOTICE.as_json)]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import sys; sys.exit('\x1b[31mno such channel')", "it ended with status 1: no such channel."),
        ("raise SystemExit(3)", "it ended with status 3."),
        ("pass", ""),  # one that does not read what it is given
    ],
)
def test_a_command_that_fails_is_told(code, said):
    problems = delivered(command=python(code))
    assert [problem.partition(": ")[2].partition(": ")[2] for problem in problems] == ([said] if said else [])


def test_a_command_that_cannot_be_started_is_told(tmp_path):
    (problem,) = delivered(command=(str(tmp_path / "gone"),))
    assert "No such file" in problem


def test_a_url_that_refuses_or_is_not_there_is_told_without_its_secret():
    with serving(503) as server:
        (refused,) = delivered(url=server.url)
    (gone,) = delivered(url=server.url)
    assert "it answers 503" in refused and "refused" in gone
    assert "secret" not in refused + gone and "http://127.0.0.1" in refused


def test_what_does_not_answer_is_given_up(monkeypatch):
    monkeypatch.setattr(notice, "LIMIT", 0.5)
    with serving() as server:
        server.hangs.set()
        began = time.monotonic()
        problems = delivered(command=python("import time; time.sleep(60)"), url=server.url)
        assert time.monotonic() - began < 5
    assert len(problems) == 2 and all("no answer within" in problem for problem in problems)


def test_a_command_that_is_given_up_leaves_no_process(monkeypatch, tmp_path):
    monkeypatch.setattr(notice, "LIMIT", 1.0)
    child = tmp_path / "child"
    assert len(delivered(command=("sh", "-c", f"sleep 60 & echo $! > {child}; wait"))) == 1
    wait_until(lambda: not _lives(int(child.read_text())))


def test_sending_waits_for_nobody(monkeypatch):
    monkeypatch.setattr(notice, "LIMIT", 2.0)
    deliveries = Deliveries(NotifySettings(command=python("import time; time.sleep(60)")))
    began = time.monotonic()
    deliveries.send(NOTICE)
    assert time.monotonic() - began < 1
    assert len(deliveries.wait()) == 1
