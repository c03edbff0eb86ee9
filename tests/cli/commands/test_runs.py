"""`dltui runs`."""

import json

import pytest

from dltui.errors import ExitStatus
from dltui.runs import run as runs
from dltui.runs.events import EventLog
from dltui.runs.run import Run


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


def test_at_80_columns_ids_are_whole_and_status_and_value_can_be_read(dltui, many):
    many(2)
    for columns, words in ((70, " met 1/1 "), (80, " done, claim met ")):
        found = dltui("runs", COLUMNS=str(columns))
        _, first, _ = found.out.splitlines()
        assert first.startswith("mlp-moons-20260102-120000-ab02 ") and words in first and len(first) <= columns
        assert "accuracy 0.0200" in first and "VALUES" not in found.err
    narrow = dltui("runs", COLUMNS="50")
    assert narrow.err == "No room for STEPS and VALUES: dltui runs --json, or a wider terminal\n"
    assert " met 1/1 " in narrow.out and "…" not in narrow.out


def test_words_choose(dltui, many):
    many(25)
    assert [line.split()[0] for line in dltui("runs", "20260103").out.splitlines()[1:]] == [
        "mlp-moons-20260103-120000-ab03"
    ]
    assert dltui("runs", "gan").err == "No run fits: gan\n"
    assert dltui("runs", "gan-mnist").err == "gan-mnist was never run here. Run it: dltui run gan-mnist\n"


def test_conditions_choose_whether_one_word_of_the_shell_or_several(dltui, many):
    many(25)
    for words in (["acc >= 0.24"], ["acc", ">=", "0.24"], ["accuracy>=.24", "topic:foundations", "claim:met"]):
        found = json.loads(dltui("runs", "--json", *words).out)
        assert [run["summary"]["accuracy"] for run in found] == [0.25, 0.24], words
    assert dltui("runs", "status:failed").err == "No run fits: status:failed\n"


def test_a_filter_that_is_none_says_where(dltui, many):
    many(2)
    wrong = dltui("runs", "mlp", "acc > much")
    assert wrong.status == ExitStatus.USAGE and 'filter, column 11: "much" is no number.' in wrong.err
    wrong = dltui("runs", "fidd < 20")
    assert wrong.status == ExitStatus.USAGE and 'no run has a value "fidd"' in wrong.err


def test_only_the_logs_of_runs_whose_names_fit_are_opened(dltui, many, monkeypatch):
    many(9)
    opened, state = [], runs.state
    monkeypatch.setattr(runs, "state", lambda run: opened.append(run.id) or state(run))
    assert len(dltui("runs", "20260103 acc > 0").out.splitlines()) == 2
    assert opened == ["mlp-moons-20260103-120000-ab03"]


def test_a_broken_log_hides_no_other_run(dltui, many):
    many(2)
    runs.newest_first()[0].log.write_text('{"kind": "finished"}\n')
    lines = dltui("runs").out.splitlines()[1:]
    assert "lost" in lines[0] and "done" in lines[1]


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
    from dltui.jobs import engine_control

    run = running()
    assert " running " in dltui("runs").out
    engine_control.kill(run)
    from tests.cli.conftest import wait_until

    wait_until(lambda: runs.engine_pid(run) is None)
    assert " lost " in dltui("runs").out


def test_settings_choose_and_stand_in_the_json(dltui, done):
    done("mlp-moons", "optimizer.lr=0.5")
    done("mlp-moons", "train.steps=7")
    (found,) = json.loads(dltui("runs", "--json", "optimizer.lr > 0.4").out)
    assert found["settings"]["optimizer.lr"] == 0.5 and found["settings"]["train.seed"] == 0
    assert [run["settings"]["train.steps"] for run in json.loads(dltui("runs", "--json", "train.steps=7").out)] == [7]
    wrong = dltui("runs", "optimizer.rate > 1")
    assert wrong.status == ExitStatus.USAGE and "optimizer.rate" in wrong.err


def test_steps_are_those_that_were_taken(dltui, running):
    run = running()
    dltui("stop", run.id)
    taken = runs.state(run).step
    (told,) = json.loads(dltui("runs", "--json").out)
    assert told["steps"] == told["step"] == taken < told["settings"]["train.steps"]
    assert run.id in dltui("runs", f"steps = {taken}").out


@pytest.mark.parametrize("width", ["60", "80"])
def test_an_id_is_never_cut(dltui, many, width):
    many(3)
    lines = dltui("runs", COLUMNS=width).out.splitlines()[1:]
    assert [line.split()[0] for line in lines] == [run.id for run in runs.newest_first()]
