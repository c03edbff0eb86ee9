"""`dltui handin` and `dltui class`: from a student's home to the teacher's table; files that are none, or hostile."""

import csv
import errno
import importlib
import io
import json
import os
import shutil
import zipfile

import pytest
import tomli_w

from dltui.cli import recheck
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import exercise as exercises
from dltui.recipes import recipe as recipes
from dltui.runs import exercise_folder, handin, log_chain, recipe_status
from dltui.runs import run as runs

NAME = "kmeans-centres"


@pytest.fixture
def handins(dltui, done, home, tmp_path):
    """A folder with the hand-in of Ann: a claim met, one missed, an exercise solved."""
    folder = tmp_path / "handins"
    folder.mkdir()
    done("mlp-moons")
    done("mlp-mnist", behaviour="unmet")
    exercise_folder.begin(exercises.load(NAME), "en")
    exercise_folder.keep(NAME, exercise_folder.Progress(1, 2, 1_700_000_000.0))
    assert dltui("handin", "--out", str(folder / "ann.zip"), "--name", "Ann Lee").status == 0
    return folder


def test_a_class_sees_what_was_handed_in(dltui, handins):
    shutil.copytree(runs.newest_first()[0].path.parent.parent, handins / "carl")
    result = dltui("class", str(handins))
    rows = {line.split("  ")[0]: line.split()[-6:] for line in result.out.splitlines() if line}
    assert rows["Ann Lee"][-5:-1] == ["1", "2", "1", "1"] and rows["carl"][-5:-1] == ["1", "2", "1", "1"]
    told = [line.split() for line in result.out.splitlines()]
    assert ["recipe", "mlp-moons", "2", "2"] in told and ["recipe", "mlp-mnist", "0", "2"] in told
    assert ["exercise", NAME, "2", "2"] in told and "no proof" in result.err


def test_as_json_and_csv_a_row_for_each_thing(dltui, handins, tmp_path):
    [ann] = json.loads(dltui("class", str(handins), "--json").out)
    assert ann["recipes"] == {"mlp-mnist": "missed", "mlp-moons": "met"} and ann["met"] == 1
    assert ann["exercises"][NAME] == {"solved": 1_700_000_000.0, "hints": 1, "checks": 2}
    rows = list(csv.DictReader(io.StringIO(dltui("class", str(handins), "--csv", "-").out)))
    assert [(row["kind"], row["name"], row["standing"]) for row in rows] == [
        ("recipe", "mlp-mnist", "missed"), ("recipe", "mlp-moons", "met"), ("exercise", NAME, "solved"),
    ]  # fmt: skip
    assert [row["log"] for row in rows] == ["whole", "whole", ""] and ann["logs"]["mlp-moons"]["state"] == "whole"
    file = tmp_path / "class.csv"
    assert dltui("class", str(handins), "--csv", str(file)).status == 0 and len(file.read_text().splitlines()) == 4
    assert dltui("class", str(handins), "--csv", str(file)).status == ExitStatus.USAGE


def test_as_a_page_of_one_file(dltui, handins, tmp_path):
    file = tmp_path / "class.html"
    result = dltui("class", str(handins), "--html", str(file))
    assert (result.status, result.out) == (0, f"{file}\n") and "no proof" in result.err
    assert "Class: handins" in file.read_text() and "Ann Lee" in file.read_text()
    again = dltui("class", str(handins), "--html", str(file))
    assert again.status == ExitStatus.USAGE and "is there already" in again.err
    assert dltui("class", str(handins), "--html", str(tmp_path / "no" / "x.html")).status == 1
    assert dltui("class", str(handins), "--html", "x.html", "--json").status == ExitStatus.USAGE


def test_a_hand_in_is_small_and_holds_what_was_written(handins):
    with zipfile.ZipFile(handins / "ann.zip") as archive:
        names = archive.namelist()
        assert all(handin.MEMBER.fullmatch(name) for name in names)
        [source] = [name for name in names if name.endswith("my_kmeans.py")]
        assert b"SECTION" in archive.read(source)
    assert (handins / "ann.zip").stat().st_size < 20_000


def edit(run):
    run.log.write_bytes(run.log.read_bytes().replace(b'"ok":false', b'"ok":true'))


def test_a_run_that_was_edited_by_hand_is_marked_and_told_and_that_is_called_no_proof(dltui, handins, home):
    run = next(run for run in runs.newest_first() if run.recipe_name == "mlp-mnist")
    whole = dltui("class", str(handins))
    assert "!" not in whole.out and "edited" not in whole.out
    edit(run)
    dltui("handin", "--out", str(handins / "eve.zip"), "--name", "Eve")
    shutil.copytree(home, handins / "carl")
    result = dltui("class", str(handins))
    rows = {line.split("  ")[0]: line for line in result.out.splitlines()}
    assert rows["Eve"].endswith("!") and rows["carl"].endswith("!") and not rows["Ann Lee"].endswith("!")
    assert [line.split() for line in result.out.splitlines() if "mlp-mnist  " in line] == [
        ["recipe", "mlp-mnist", "2", "3", "!"]
    ]
    assert f"! Eve: {run.id}: line 103 of its log is not as it was written" in result.out
    assert f"! carl: {run.id}: line 103 of its log is not as it was written" in result.out
    assert "computes its log's chain again" in result.out and "no proof" in result.err
    told = {one["student"]: one["logs"]["mlp-mnist"] for one in json.loads(dltui("class", str(handins), "--json").out)}
    assert (
        told["Ann Lee"] == {"state": "whole", "why": ""} and told["Eve"]["state"] == told["carl"]["state"] == "edited"
    )
    rows = csv.DictReader(io.StringIO(dltui("class", str(handins), "--csv", "-").out))
    assert [row["log"] for row in rows if row["name"] == "mlp-mnist"] == ["whole", "edited", "edited"]


def test_logs_that_are_too_long_to_be_handed_in_are_looked_at_by_the_students_dltui(dltui, handins, monkeypatch):
    monkeypatch.setattr(handin, "MOST_OF_LOGS", 3000)
    dltui("handin", "--out", str(handins / "carl.zip"), "--name", "Carl")
    monkeypatch.setattr(handin, "MOST_OF_LOGS", 0)
    edit(next(run for run in runs.newest_first() if run.recipe_name == "mlp-mnist"))
    dltui("handin", "--out", str(handins / "eve.zip"), "--name", "Eve")
    result = dltui("class", str(handins), "--json")
    told = {one["student"]: {name: log["state"] for name, log in one["logs"].items()} for one in json.loads(result.out)}
    assert told["Carl"] == {"mlp-mnist": "whole", "mlp-moons": "whole at hand-in"}
    assert told["Eve"] == {"mlp-mnist": "edited", "mlp-moons": "whole at hand-in"}
    assert "Runs that are not checked: 2" in result.err


@pytest.mark.parametrize("checked", [None, [], {"ID": 3}, {"ID": ["good", ""]}, {"ID": ["whole", 3]}])
def test_a_manifest_that_says_nonsense_of_logs_counts_for_nothing(dltui, handins, checked):
    with zipfile.ZipFile(handins / "ann.zip") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    run = next(name.split("/")[1] for name in members if name.startswith("runs/mlp-moons"))
    members[f"runs/{run}/events.jsonl"] = members[f"runs/{run}/events.jsonl"].replace(b'"ok":true', b'"ok":null')
    said = {run: checked["ID"]} if isinstance(checked, dict) else checked
    write_zip(handins / "eve.zip", **{**members, "handin.json": json.dumps({"name": "Eve", "checked": said})})
    eve = json.loads(dltui("class", str(handins), "--json").out)[1]
    assert eve["logs"]["mlp-moons"]["state"] == "edited"


def test_hand_ins_of_an_older_dltui_are_not_called_edited(dltui, handins):
    with zipfile.ZipFile(handins / "ann.zip") as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for name in members:
        if name.endswith("events.jsonl"):
            members[name] = log_chain.split(members[name].splitlines()[-1])[0] + b"}\n"
    write_zip(handins / "old.zip", **{**members, "handin.json": '{"name": "Old", "made": 1}'})
    result = dltui("class", str(handins), "--json")
    old = json.loads(result.out)[1]
    assert old["met"] == 1 and {log["state"] for log in old["logs"].values()} == {"not chained"}
    assert "Runs that are not checked: 2" in result.err


def test_two_of_one_name_are_told_apart(dltui, handins):
    shutil.copy(handins / "ann.zip", handins / "other.zip")
    out = dltui("class", str(handins)).out
    assert "Ann Lee (ann.zip)" in out and "Ann Lee (other.zip)" in out


def write_zip(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def test_hostile_hand_ins_write_nothing_outside_and_hide_no_other(dltui, handins, tmp_path):
    evil = {"../../evil": "x", "/abs": "x", "runs/../../evil/run.json": "x", "runs/a-1-2-3/weights.pt": "x"}
    write_zip(handins / "eve.zip", **evil, **{"handin.json": '{"name": "\\u001b[31mEve", "made": 1e400}'})
    write_zip(handins / "bomb.zip", **{"runs/a-1-2-3/events.jsonl": b"0" * (handin.MOST_BYTES + 1)})
    write_zip(handins / "many.zip", **{f"exercises/a/{number}.py": "" for number in range(handin.MOST + 1)})
    (handins / "torn.zip").write_bytes((handins / "ann.zip").read_bytes()[:200])
    (handins / "notes.txt").write_text("mine")
    result = dltui("class", str(handins))
    assert result.status == 0 and "\x1b" not in result.out and "Eve" in result.out and "Ann Lee" in result.out
    assert "eve.zip: 4 files that are none of a hand-in" in result.err
    assert "2 students. " in result.err, "what could not be read is nobody"
    assert "bomb.zip: too large" in result.err and "many.zip: too large" in result.err and "torn.zip" in result.err
    assert not list(tmp_path.rglob("evil*")) and not list(tmp_path.rglob("weights.pt"))


@pytest.mark.parametrize("text", ["", "[]", '{"hints": 1, "checks": -1, "solved": NaN}', '{"solved": "x"}', "{" * 5000])
def test_files_that_say_nonsense_count_for_nothing(dltui, handins, text):
    member = f"exercises/{NAME}/exercise.json"
    write_zip(handins / "odd.zip", **{member: text, "handin.json": text, "runs/mlp-moons-1-2-3/run.json": text})
    odd = {one["student"]: one for one in json.loads(dltui("class", str(handins), "--json").out)}["odd"]
    assert odd["solved"] == 0 and odd["met"] == 0 and odd["begun"] == 1


def test_a_name_is_no_formula_for_a_spreadsheet(dltui, handins):
    dltui("handin", "--out", str(handins / "x.zip"), "--name", "=HYPERLINK(1)")
    rows = list(csv.DictReader(io.StringIO(dltui("class", str(handins), "--csv", "-").out)))
    assert {row["student"] for row in rows} == {"Ann Lee", "'=HYPERLINK(1)"}


def test_claims_are_run_again_by_the_recipes_own_and_not_by_what_was_handed_in(dltui, handins, engine):
    engine("done")
    result = dltui("class", str(handins), "--recheck", "5")
    assert (result.status, result.out) == (0, "Ann Lee: mlp-moons: met\n") and "1 of 1 met again" in result.err
    engine("unmet")
    result = dltui("class", str(handins), "--recheck", "5")
    assert result.status == ExitStatus.CLAIM and result.out == "Ann Lee: mlp-moons: not met\n"
    engine("data_fault")
    assert "mlp-moons: met" not in dltui("class", str(handins), "--recheck", "1").out


def test_only_the_claims_are_ours_and_no_code_is_run(dltui, handins, home):
    run = next(run for run in runs.newest_first() if run.recipe_name == "mlp-moons")
    mark = recipe_status.mark([run])
    table = recipes.read_table(run.recipe_file)
    run.recipe_file.write_text(tomli_w.dumps({**table, "expect": {"net.accuracy": ">= 0"}}))
    recipe, changes = recheck._again("mlp-moons", mark)
    assert changes.get("data.seed") == changes["train.seed"], "moons are drawn, and drawn anew"
    assert recipe.table["expect"] == recipes.read_table(recipes.find("mlp-moons"))["expect"]
    assert (
        changes["data.from"] == "builtin"
        and changes["train.seed"] != recheck._again("mlp-moons", mark)[1]["train.seed"]
    )
    run.recipe_file.write_text(tomli_w.dumps({**table, "kinds": ["evil.py"]}))
    with pytest.raises(DltuiError, match="code"):
        recheck._again("mlp-moons", mark)
    with pytest.raises(DltuiError, match="no recipe"):
        recheck._again("mine", mark)


def test_what_is_refused(dltui, tmp_path, home):
    assert "nothing to hand in" in dltui("handin", "--out", str(tmp_path / "a.zip")).err
    assert not (tmp_path / "a.zip").exists()
    for words, status in (
        (["handin", "--out", "a.txt"], ExitStatus.USAGE),
        (["class", str(tmp_path / "nowhere")], ExitStatus.NOT_FOUND),
        (["class", str(tmp_path)], ExitStatus.NOT_FOUND),
        (["class", str(tmp_path), "--json", "--csv", "-"], ExitStatus.USAGE),
    ):
        assert dltui(*words).status == status, words
    (tmp_path / "there.zip").write_text("")
    assert dltui("handin", "--out", str(tmp_path / "there.zip")).status == ExitStatus.USAGE


def test_a_page_that_does_not_fit_on_the_disk_is_not_left_behind(tmp_path):
    """A file of no bytes stayed, and the next try was refused: "is there already"."""
    opened = importlib.import_module("dltui.cli.commands.class")._new_file
    with pytest.raises(DltuiError, match="No space left"), opened(tmp_path / "c.html"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert not list(tmp_path.iterdir())
    (tmp_path / "c.html").write_text("mine")
    with pytest.raises(DltuiError, match="is there already"), opened(tmp_path / "c.html"):
        pass
    assert (tmp_path / "c.html").read_text() == "mine"
