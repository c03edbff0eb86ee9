"""`dltui verify`."""

import fcntl
import json
import os
from array import array
from pathlib import Path

import pytest
import tomli_w

from dltui.cli.commands.verify import learned
from dltui.errors import ExitStatus
from dltui.recipes import overrides
from dltui.recipes import recipe as recipes
from dltui.recipes.metric import Metric
from dltui.runs import run as runs
from dltui.runs.history import Curve, History
from tests.cli.commands.test_run import is_running, when


def test_claims_that_are_met(dltui, engine, home):
    engine("done")
    result = dltui("verify", "mlp-moons", "mlp-mnist")
    rows = [line.split() for line in result.out.splitlines()]
    assert result.status == 0 and [row[0] for row in rows[1:]] == ["mlp-moons", "mlp-mnist"]
    assert rows[1][2:6] == ["accuracy", ">=", "0.4", "0.500"] and "2 of 2 met" in result.err
    assert not runs.newest_first(), "its runs are not kept among the user's"


def test_a_claim_that_is_not_met_is_status_7(dltui, engine):
    engine("unmet")
    result = dltui("verify", "mlp-moons")
    assert result.status == ExitStatus.CLAIM and "NOT MET" in result.out


@pytest.mark.parametrize("behaviour", ["data_fault", "died"])
def test_a_run_that_fails_is_a_claim_not_met(dltui, engine, behaviour):
    engine(behaviour)
    (verdict,) = json.loads(dltui("verify", "mlp-moons", "--json").out)
    assert not verdict["ok"] and verdict["claim"] == "runs to its end" and verdict["got"] != "done"


def test_seeds_and_kept_runs_on_built_in_data(dltui, engine):
    engine("done")
    verdicts = json.loads(dltui("verify", "mlp-moons", "--seeds", "3", "--keep", "--json").out)
    assert [verdict["seed"] for verdict in verdicts] == [0, 1, 2]
    kept = [run.info()["overrides"] for run in runs.newest_first()]
    assert sorted(changes["train.seed"] for changes in kept) == [0, 1, 2]
    assert {changes["data.from"] for changes in kept} == {"builtin"}


def test_generated_rows_are_drawn_anew_for_each_seed(dltui, engine, own):
    """A claim that holds for one draw of the rows alone is found; a data set without a seed keeps its rows."""
    engine("done")
    own("mine", data__seed=5)
    assert dltui("verify", "mine.toml", "mlp-mnist", "--seeds", "2", "--keep").status == 0
    changed = sorted((run.info()["overrides"] for run in runs.newest_first()), key=str)
    assert [changes.get("data.seed") for changes in changed if "data.seed" in changes] == [6]
    assert sorted(changes["train.seed"] for changes in changed) == [0, 0, 1, 1]


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Writes NAME.toml into the current folder: mlp-moons with dotted keys (written with __) changed, and twins."""
    monkeypatch.chdir(tmp_path)

    def write(name: str, twin: dict | None = None, **changes: object) -> None:
        table = recipes.load("mlp-moons").table
        table = overrides.applied(table, {key.replace("__", "."): value for key, value in changes.items()})
        table.pop("twin", None)
        Path(f"{name}.toml").write_text(tomli_w.dumps(table | ({"twin": twin} if twin else {})), encoding="utf-8")

    return write


def test_in_a_narrow_terminal_recipe_claim_and_what_was_got_can_be_read(dltui, engine, own):
    engine("done")
    own(name := "a-recipe-of-mine-with-a-name")
    result = dltui("verify", f"{name}.toml", COLUMNS="76")
    head, line = result.out.splitlines()
    assert head.split() == ["RECIPE", "SEED", "CLAIM", "WANT", "GOT"] and max(map(len, (head, line))) <= 76
    assert line.split() == [f"{name}.toml", "0", "accuracy", ">=", "0.4", "0.500", "ok"]
    assert "No room for SECONDS" in result.err


STILL = {"still": {"optimizer.lr": 1e-9}, "short": {"train.steps": 3}}


def test_each_twin_is_run_as_its_changes_make_it_and_must_fail_a_claim(dltui, engine, own):
    engine("unmet")
    own("mine", STILL)
    result = dltui("verify", "mine.toml", "--twins", "--keep", "--json")
    found = json.loads(result.out)
    assert result.status == 0 and [(row["twin"], row["claim"], row["ok"]) for row in found] == [
        ("still", "accuracy", True),
        ("short", "accuracy", True),
    ]
    files = {run.recipe_name: run.recipe_file for run in runs.newest_first()}
    ran = {name: recipes.of_table(recipes.read_table(file), None) for name, file in files.items()}
    assert ran["twin-short"].train["steps"] == 3 and "(wrong twin: short)" in ran["twin-short"].title
    assert all(each.optimizer("model").options["lr"] == 1e-9 for each in ran["twin-still"].variants.values())


def test_a_twin_that_meets_every_claim_is_status_7(dltui, engine, own):
    engine("done")
    own("mine", STILL)
    result = dltui("verify", "mine.toml", "--twins", "--seeds", "2")
    assert result.status == ExitStatus.CLAIM and result.out.count("NOT CAUGHT") == 4
    assert "0 of 4 wrong twins fail a claim" in result.err


@pytest.mark.parametrize(("behaviour", "status"), [("diverged", 0), ("died", 7), ("data_fault", 7)])
def test_a_twin_that_diverges_has_failed_and_one_that_cannot_be_judged_has_not(dltui, engine, own, behaviour, status):
    engine(behaviour)
    own("mine", STILL)
    result = dltui("verify", "mine.toml", "--twins", "--json")
    assert result.status == status
    assert {row["claim"] for row in json.loads(result.out)} == {"runs to its end"}


def test_recipes_without_a_twin_are_named(dltui, engine, own):
    engine("unmet")
    own("mine", STILL)
    own("plain")
    result = dltui("verify", "mine.toml", "plain.toml", "--twins")
    assert result.status == 0 and "plain.toml has no [twin.NAME]" in result.err
    assert dltui("verify", "plain.toml", "--twins").status == ExitStatus.NOT_FOUND
    assert dltui("verify", "mine.toml", "--twins", "--smoke").status == ExitStatus.USAGE


def test_smoke_takes_few_steps_and_wants_a_falling_loss(dltui, engine):
    engine("done")
    result = dltui("verify", "mlp-moons", "--smoke", "--keep", "--json")
    assert [(row["claim"], row["ok"]) for row in json.loads(result.out)] == [("runs to its end", True), ("loss", True)]
    assert runs.newest_first()[0].info()["overrides"]["train.steps"] == 150


def test_what_a_recipe_claims_to_stay_bad_need_not_improve():
    """Guards the smoke test of recipes in which a variant shows what does not learn."""
    history = History()
    history.declared = {"loss": Metric("loss", better="lower", progress=True)}
    for series, values in (("good", [3.0, 1.0]), ("bad", [2.3, 2.4])):
        history.curves[series, "loss"] = Curve(array("q", [1, 2]), array("d", values))
    history.finished = {"expect": [{"name": "good.loss", "want": "<= 2"}, {"name": "bad.loss", "want": ">= 2.29"}]}
    assert list(learned(history)) == [("good.loss", 3.0, 1.0, "lower")]


def test_a_topic_chooses_and_the_environment_comes_back(dltui, engine):
    engine("done")
    before = dict(os.environ)
    names = {row["recipe"] for row in json.loads(dltui("verify", "--topic", "foundations", "--json").out)}
    assert "mlp-moons" in names and "gan-mnist" not in names and dict(os.environ) == before


def test_ctrl_c_ends_it_all(dltui, engine):
    import signal

    engine("wait")
    thread = when(is_running, signal.SIGINT)
    result = dltui("verify", "mlp-moons", "mlp-mnist", "--keep")
    thread.join()
    assert result.status == ExitStatus.INTERRUPTED and len(runs.newest_first()) == 1


def test_the_end_of_the_terminal_ends_it_all(dltui, engine):
    """Unlike `dltui run`, which leaves its run to itself."""
    import signal

    engine("wait")
    before = signal.getsignal(signal.SIGHUP)
    thread = when(is_running, signal.SIGHUP)
    result = dltui("verify", "mlp-moons", "--keep")
    thread.join()
    assert result.status == ExitStatus.TERMINATED and signal.getsignal(signal.SIGHUP) == before
    assert runs.state(runs.newest_first()[0]).status == "stopped"


def test_the_folder_of_one_that_was_killed_is_removed_by_the_next(dltui, engine, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    engine("done")
    folders = [tmp_path / "tmp" / f"dltui-verify-{name}" for name in ("killed", "at-work", "just-made")]
    for folder in folders:
        (folder / "runs").mkdir(parents=True)
    for folder in folders[:2]:
        (folder / "verify.lock").touch()
    with open(folders[1] / "verify.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert dltui("verify", "mlp-moons").status == 0
    assert sorted((tmp_path / "tmp").iterdir()) == sorted(folders[1:])


def test_an_unsound_name_is_found_before_anything_runs(dltui, engine):
    engine("done")
    assert dltui("verify", "mlp-moons", "nothing", "--keep").status == ExitStatus.NOT_FOUND
    assert not runs.newest_first()
