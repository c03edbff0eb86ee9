"""`dltui runs`."""

import json
import time

import pytest

from dltui import run as runs
from dltui.cli.commands.runs import age, begun
from dltui.errors import ExitStatus
from dltui.events import EventLog
from dltui.run import Run


@pytest.fixture
def many(home):
    """many(n) -> n run folders, a day apart."""

    def make(count: int) -> None:
        for day in range(1, count + 1):
            run = Run(home / "runs" / f"mlp-moons-202601{day:02}-120000-ab{day:02}")
            run.path.mkdir(parents=True)
            log = EventLog(run.log)
            values = {"accuracy": day / 100, "loss": 1.0}
            expect = [{"name": "accuracy", "want": "> 0", "got": 1, "ok": True}]
            ended = {"status": "done", "exit": 0, "step": 9, "steps": 9, "seconds": 1.0, "error": ""}
            log.write("finished", **ended, summary=values, expect=expect)
            log.close()

    return make


def test_none_yet(dltui):
    result = dltui("runs")
    assert result.status == 0 and not result.out and "dltui run" in result.err


def test_the_newest_first_and_how_many_more(dltui, many):
    many(25)
    result = dltui("runs")
    lines = result.out.splitlines()[1:]
    assert len(lines) == 20 and lines[0].startswith("mlp-moons-20260125") and "accuracy 0.250" in lines[0]
    assert "done, claim met" in lines[0] and result.err == "5 more: dltui runs --all\n"
    assert len(dltui("runs", "--all").out.splitlines()) == 26


def test_words_choose(dltui, many):
    many(25)
    assert [line.split()[0] for line in dltui("runs", "20260103").out.splitlines()[1:]] == [
        "mlp-moons-20260103-120000-ab03"
    ]
    assert "No run holds gan" in dltui("runs", "gan").err


def test_json(dltui, many):
    many(2)
    first, second = json.loads(dltui("runs", "--json").out)
    assert first["id"] > second["id"] and first["status"] == "done" and first["summary"]["accuracy"] == 0.02


def test_rm_deletes_what_is_named_and_nothing_that_runs(dltui, many, running):
    many(3)
    live = running()
    refused = dltui("runs", "rm", "mlp-moons-20260101", live.id)
    assert refused.status == ExitStatus.USAGE and live.id in refused.err and len(runs.newest_first()) == 4
    assert dltui("runs", "rm", "mlp-moons-20260101", "mlp-moons-20260102").status == 0
    assert [run.id for run in runs.newest_first()] == [live.id, "mlp-moons-20260103-120000-ab03"]


def test_rm_without_such_a_run(dltui, many):
    many(1)
    assert dltui("runs", "rm", "gan").status == ExitStatus.NOT_FOUND


def test_a_running_run_is_running_and_a_killed_one_is_lost(dltui, running):
    from dltui import launch

    run = running()
    assert " running " in dltui("runs").out
    launch.kill(run)
    from tests.cli.conftest import wait_until

    wait_until(lambda: runs.engine_pid(run) is None)
    assert " lost " in dltui("runs").out


def test_age_is_coarse():
    assert [age(5), age(90), age(7300), age(200_000), age(-3)] == ["5 s", "1 min", "2 h", "2 d", "0 s"]


def test_a_run_began_when_its_id_says(home):
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(1_760_000_000))
    assert begun(Run(home / f"a-{stamp}-ffff")) == 1_760_000_000
    assert abs(begun(Run(home / "a-x-y-z")) - time.time()) < 5
