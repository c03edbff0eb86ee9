"""`dltui sweep`: trials are runs, Optuna learns from them, several processes share a study, nothing is lost."""

import json
import sys
from pathlib import Path

import pytest

from dltui import launch, sweep
from dltui import run as runs
from dltui.errors import ExitStatus
from dltui.events import EventLog
from dltui.search_space import parse

VALLEY = Path(__file__).parents[1] / "valley_engine.py"
SPACE = "optimizer.lr=log:1e-4..0.5"
ASKED = ("--metric", "accuracy", "--goal", "max")


@pytest.fixture(autouse=True)
def valley(monkeypatch):
    """Every engine has an accuracy that is best at a learning rate of 0.01."""
    monkeypatch.setattr(launch, "ENGINE_COMMAND", (sys.executable, str(VALLEY)))
    monkeypatch.setenv("PYTHONPATH", str(VALLEY.parents[2]))


def trials(dltui, *words: str) -> list[dict]:
    result = dltui("sweep", "mlp-moons", *words, *ASKED, "--json")
    assert result.status == 0, result.err
    return json.loads(result.out)


def test_every_trial_is_a_run_that_says_what_was_changed(dltui):
    found = trials(dltui, SPACE, "--trials", "3", "--sampler", "random", "--set", "train.batch=32")
    assert len(found) == 3 and [one["state"] for one in found] == ["complete"] * 3
    for one in found:
        run = runs.find(one["run"])
        assert run.info()["overrides"] == {"train.batch": 32, **one["values"]}
        assert runs.state(run).summary["accuracy"] == pytest.approx(one["value"])


def test_tpe_finds_the_valley_nearer_than_its_first_guesses(dltui):
    """Guards the direction: a sweep that looked for the least accuracy would end far from 0.01."""
    found = trials(dltui, SPACE, "--trials", "16")
    best = max(found, key=lambda one: one["value"])
    assert 0.003 < best["values"]["optimizer.lr"] < 0.03 and best["value"] > 0.97
    assert max(one["value"] for one in found[10:]) >= max(one["value"] for one in found[:3])


def test_a_grid_tries_every_combination_once(dltui):
    found = trials(dltui, "optimizer.lr=0.1|0.01|0.001", "train.batch=16..17", "--sampler", "grid")
    assert len(found) == 6
    assert len({(one["values"]["optimizer.lr"], one["values"]["train.batch"]) for one in found}) == 6


def test_the_report_ranks_the_trials_and_names_the_command_of_the_best(dltui):
    result = dltui("sweep", "mlp-moons", "optimizer.lr=0.1|0.01|0.0001", "--sampler", "grid", *ASKED)
    rows = result.out.splitlines()
    assert rows[0].split()[:3] == ["TRIAL", "ACCURACY", "optimizer.lr"]
    assert [row.split()[2] for row in rows[1:]] == ["0.01", "0.1", "0.0001"]
    assert result.err.splitlines()[-1] == "The best again: dltui run mlp-moons optimizer.lr=0.01"
    drawn = dltui("sweep", "mlp-moons", "optimizer.lr=0.1|0.01", "--sampler", "grid", *ASKED, terminal=True).out
    assert "best so far" in drawn


def test_what_diverges_is_a_failed_trial_and_the_sweep_goes_on(dltui):
    result = dltui("sweep", "mlp-moons", "optimizer.lr=0.9|0.01", "--sampler", "grid", *ASKED)
    assert result.status == 0 and "failed: loss is nan at step 3." in result.err and "1 failed" in result.err
    nothing = dltui("sweep", "mlp-moons", "optimizer.lr=0.9|0.8", "--sampler", "grid", *ASKED)
    assert nothing.status == ExitStatus.FAILED and "loss is nan" in nothing.err


def test_the_same_name_goes_on_where_it_stopped(dltui):
    first = trials(dltui, SPACE, "--trials", "2", "--name", "mine")
    more = trials(dltui, SPACE, "--trials", "4", "--name", "mine")
    assert [one["run"] for one in more[:2]] == [one["run"] for one in first] and len(more) == 4
    other = dltui("sweep", "mlp-moons", "train.batch=8..16", "--name", "mine", *ASKED)
    assert other.status == ExitStatus.USAGE and "searches for something else" in other.err


def test_two_who_share_a_storage_share_the_trials(dltui, tmp_path):
    words = (SPACE, "--trials", "6", "--name", "both", "--storage", str(tmp_path / "it.db"))
    plan = sweep.Plan("mlp-moons", {}, (parse(SPACE),), sweep.Goal("accuracy", True), trials=6)
    study = sweep.study_of(plan, "both", sweep.storage_of("both", str(tmp_path / "it.db")), 1)
    while sweep.left(study, plan):
        sweep.try_one(study, plan, lambda engine: engine)
        if len(study.trials) == 2:
            assert len(trials(dltui, *words)) == 6
    assert len({trial.user_attrs["run"] for trial in study.trials}) == 6


def test_a_trial_that_falls_behind_is_stopped(dltui):
    rates = "0.01|0.011|0.012|0.013|0.009|0.0001"
    found = trials(dltui, f"optimizer.lr={rates}", "--sampler", "grid", "--prune")
    assert [one["state"] for one in found] == ["complete"] * 5 + ["pruned"]
    assert runs.state(runs.find(found[-1]["run"])).status == "stopped"


def test_a_trial_that_was_lost_with_its_sweep_counts_as_failed(dltui, tmp_path):
    """The sweep was killed: its trial stands as running for ever, though its run has ended."""
    plan = sweep.Plan("mlp-moons", {}, (parse(SPACE),), sweep.Goal("accuracy", True), trials=2)
    url = sweep.storage_of("lost", str(tmp_path / "it.db"))
    trial = sweep.study_of(plan, "lost", url, 0).ask()
    sweep.suggested(trial, plan.spaces[0])
    run = runs.create("mlp-moons", "", {})
    log = EventLog(run.log)
    log.write("started", steps=10, step=0, series=[""])
    log.close()
    trial.set_user_attr("run", run.id)
    found = trials(dltui, SPACE, "--trials", "2", "--name", "lost", "--storage", str(tmp_path / "it.db"))
    assert [one["state"] for one in found] == ["fail", "complete", "complete"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["optimizer.lrr=1..2"], 'Did you mean "lr"'),
        (["optimizer.lr=-1.0..1"], "must be above 0"),
        (["optimizer.lr=0.1|fast"], "optimizer.lr"),
        (["optimizer.lr=0.1|0.2", "optimizer.lr=1..2"], "two spaces"),
        (["optimizer.lr=0.1..0.2", "--sampler", "grid"], "A grid has no end"),
        (["optimizer.lr=0.1..0.2", "--metric", "speed"], "--goal max or --goal min"),
    ],
)
def test_what_cannot_be_searched_is_told_before_the_first_run(dltui, words, reason):
    result = dltui("sweep", "mlp-moons", *words)
    assert result.status == ExitStatus.USAGE and reason in result.err
    assert not runs.newest_first()


def test_a_storage_that_is_none_is_told(dltui, tmp_path):
    (tmp_path / "it.db").write_text("no database at all, but long enough to be read as one" * 40)
    result = dltui("sweep", "mlp-moons", SPACE, "--storage", str(tmp_path / "it.db"), *ASKED)
    assert result.status == ExitStatus.FAILED and "it.db" in result.err
