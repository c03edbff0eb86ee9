"""Run folders: made, and found by a word."""

import os
import shutil
import time

import pytest

from dltui.errors import DltuiError
from dltui.runs import engine_lock
from dltui.runs import run as runs
from dltui.runs.events import EventLog


def make(run_id: str) -> runs.Run:
    """A run's folder with an id of the test's choice."""
    run = runs.Run(runs.paths.runs() / run_id)
    run.path.mkdir(parents=True)
    return run


# -- making ------------------------------------------------------------------------------------------------------------


def test_a_run_is_a_folder_that_says_what_it_is(home):
    run = runs.create("lenet-mnist", 'title = "кот"\n', {"data": "builtin", "argv": ["run"]})
    assert run.path.parent == home / "runs"
    assert run.recipe_name == "lenet-mnist"
    assert run.frames.is_dir() and run.checkpoints.is_dir()
    assert run.recipe_file.read_text(encoding="utf-8") == 'title = "кот"\n'
    info = run.info()
    assert (info["id"], info["recipe"], info["data"], info["argv"]) == (run.id, "lenet-mnist", "builtin", ["run"])
    assert abs(info["created"] - time.time()) < 60


def test_a_name_stands_in_place_of_the_recipes(home):
    run = runs.create("mlp", "", {}, name="first-try")
    assert run.recipe_name == "first-try" and run.info()["recipe"] == "mlp"


@pytest.mark.parametrize("name", ["../out", "/abs", "a/b", "A", "x\x1b[2J", ".."])
def test_a_name_cannot_lead_outside(home, name):
    with pytest.raises(DltuiError) as caught:
        runs.create("mlp", "", {}, name=name)
    assert caught.value.status == 2
    assert not home.exists()


def test_runs_made_in_the_same_fraction_of_a_second_get_folders_of_their_own(home, monkeypatch):
    ids = iter(["mlp-20260101-000000-0000"] * 4 + ["mlp-20260101-000000-0001"] * 2)
    monkeypatch.setattr(runs, "new_id", lambda stem: next(ids))
    assert [runs.create("mlp", "", {}).id[-4:] for _ in range(2)] == ["0000", "0001"]
    with pytest.raises(DltuiError, match="File exists"):  # an id that was decided before is kept to
        runs.create("mlp", "", {}, run_id="mlp-20260101-000000-0000")


def test_half_a_run_is_none(home, monkeypatch):
    """A full disk while its folder is made."""

    def full(path, text):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(runs, "_write", full)
    with pytest.raises(DltuiError, match="No space left"):
        runs.create("mlp", "", {})
    assert runs.newest_first() == []


def test_a_run_is_for_its_owners_eyes_only(home, monkeypatch):
    before = os.umask(0)
    try:
        run = runs.create("mlp", "", {})
        EventLog(run.log).close()
        os.close(engine_lock.claim(run))
    finally:
        os.umask(before)
    made = [home, *home.rglob("*")]
    assert len(made) == 9 and not [path for path in made if path.stat().st_mode & 0o077]


def test_runs_made_at_once_are_listed_in_the_order_in_which_they_were_made(home):
    """`last` must mean the last one, also where a script starts several in one second."""
    made = [runs.create(name, "", {}) for name in ("b", "a", "c", "a")]
    assert runs.newest_first() == made[::-1]
    assert runs.find("last") == made[-1]


def test_a_home_that_cannot_be_written(home):
    home.write_text("a file")
    with pytest.raises(DltuiError, match="DLTUI_HOME"):
        runs.create("mlp", "", {})


@pytest.mark.parametrize("broken", ["", "{", "\x00"])
def test_a_broken_run_json_says_nothing(home, broken):
    run = make("a-20260101-000000-0000")
    assert not any(run.info().values())
    (run.path / "run.json").write_text(broken)
    assert not any(run.info().values())


# -- finding -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def three(home):
    return [
        make(f"{name}-{stamp}")
        for name, stamp in [
            ("mlp-moons", "20260101-120000-aaaa"),
            ("mlp-mnist", "20260102-120000-bbbb"),
            ("mlp-moons", "20260102-120000-bbba"),
        ]
    ]


def test_newest_first_by_the_time_in_the_id_and_nothing_else(three, home):
    (home / "runs" / "notes.txt").write_text("")
    (home / "runs" / "a-b-c-file").write_text("")
    (home / "runs" / "backup").mkdir()
    assert runs.newest_first() == [three[1], three[2], three[0]]


@pytest.mark.parametrize(
    ("word", "which"),
    [
        ("mlp-moons-20260101-120000-aaaa", 0),  # an id
        ("mlp-moons-20260101", 0),  # a unique prefix
        ("mlp-mn", 1),
        ("mlp-moons", 2),  # a recipe's name: its latest
        ("last", 1),
        ("bbba", 2),  # the last digits
    ],
)
def test_a_word_finds_a_run(three, word, which):
    assert runs.find(word) == three[which]


@pytest.mark.parametrize(
    ("word", "status", "told"),
    [
        ("mlp", 2, "begins 3 runs"),
        ("mlp-moons-2026010", 2, "begins 2 runs: mlp-moons-20260102-120000-bbba, mlp-moons-20260101"),
        ("mlp-moon5", 3, 'Did you mean "mlp-moons"?'),
        ("../runs", 3, "There is no run"),
        ("lenet-mnist", 3, "lenet-mnist was never run here. Run it: dltui run lenet-mnist"),
    ],
)
def test_a_word_that_finds_none_or_several(three, word, status, told):
    with pytest.raises(DltuiError) as caught:
        runs.find(word)
    assert caught.value.status == status
    assert told in str(caught.value)


def test_no_word_finds_no_run(home):
    """`dltui runs rm "$RUN"` with RUN empty must not take the only run there is."""
    make("mlp-20260101-120000-aaaa")
    with pytest.raises(DltuiError) as caught:
        runs.find("")
    assert caught.value.status == 3


def test_no_runs_yet(home):
    assert runs.newest_first() == []
    with pytest.raises(DltuiError, match="no runs yet") as caught:
        runs.find("last")
    assert caught.value.status == 3


def test_a_recipe_that_was_never_run_is_no_beginning_of_another_ones_run(home, monkeypatch):
    make("mlp-moons-20260101-120000-aaaa")
    assert runs.find("mlp").recipe_name == "mlp-moons"
    monkeypatch.setattr(runs.files, "files", lambda: {"mlp": home / "mlp.toml"})
    with pytest.raises(DltuiError, match="mlp was never run here"):
        runs.find("mlp")


def test_a_recipe_that_was_never_run_is_told_where_there_are_no_runs_at_all(home):
    with pytest.raises(DltuiError, match="mlp-mnist was never run here"):
        runs.find("mlp-mnist")


@pytest.fixture
def handed_in(home, tmp_path, monkeypatch):
    """students/anna: the folder of a run that was made in another home; the current folder is the one above."""
    make("mlp-moons-20260101-120000-aaaa")
    shutil.copytree(home / "runs" / "mlp-moons-20260101-120000-aaaa", tmp_path / "students" / "anna")
    (tmp_path / "students" / "anna" / "run.json").write_text("{}")
    (tmp_path / "students" / "anna" / "frames").mkdir(exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "students" / "anna"


def test_a_command_that_only_reads_takes_the_folder_of_a_run_anywhere(handed_in, monkeypatch):
    assert runs.find_to_read("students/anna").path == runs.find_to_read(str(handed_in)).path == handed_in
    assert runs.find_to_read("last").word == "mlp-moons-20260101-120000-aaaa"
    assert runs.find_to_read("students/anna").word == str(handed_in)
    monkeypatch.chdir(handed_in)
    assert runs.find_to_read(".").path == handed_in


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("students", "There is no run"),
        ("./students", "students is not the folder of a run. Runs are in it: students/anna"),
        ("students/bert", "students/bert: there is no such folder."),
        ("students/anna/frames", "is not the folder of a run. A run's folder holds events.jsonl and run.json."),
    ],
)
def test_a_path_that_leads_to_no_run_is_told_with_those_in_it(handed_in, word, told):
    with pytest.raises(DltuiError) as caught:
        runs.find_to_read(word)
    assert caught.value.status == 3 and told in str(caught.value)


def test_the_folder_here_is_named_as_a_path_and_no_other_command_takes_one(handed_in, monkeypatch):
    monkeypatch.chdir(handed_in.parent)
    with pytest.raises(DltuiError, match=r"The run in the folder here: \./anna"):
        runs.find_to_read("anna")
    with pytest.raises(DltuiError, match="There is no run"):
        runs.find("./anna")
