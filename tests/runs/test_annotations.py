"""What is noted about a run: in a file of its own, whole or not at all, checked when it is read, lost by nobody."""

import json
import os
import threading

import pytest

from dltui.errors import DltuiError, ExitStatus
from dltui.runs import annotations, given_names
from dltui.runs import run as runs
from dltui.runs.annotations import FILE, NONE, Annotations

ALL = Annotations("best so far", ("baseline", "lr-0.1"), "two\nlines", "lr-study", True)


@pytest.fixture
def run(home):
    return runs.create("mlp-moons", 'title = "x"\n', {})


def tagged(tag: str):
    return lambda before: before._replace(tags=(*before.tags, tag))


def test_what_was_noted_is_read_again_and_nothing_else_is_touched(run):
    before = {path.name: path.read_bytes() for path in run.path.iterdir() if path.is_file()}
    assert run.annotations == NONE
    assert annotations.change(run.path, lambda _: ALL) == ALL == run.annotations
    assert {name: (run.path / name).read_bytes() for name in before} == before
    assert os.stat(run.path / FILE).st_mode & 0o777 == 0o600
    assert json.loads((run.path / FILE).read_text()) == ALL.fields


def test_where_nothing_is_noted_any_more_there_is_no_file(run):
    annotations.change(run.path, lambda _: ALL)
    assert annotations.change(run.path, lambda _: NONE) == NONE
    assert not (run.path / FILE).exists()


def test_two_who_tag_at_once_both_do(run):
    def tag(number: int) -> None:
        for each in range(5):
            annotations.change(run.path, tagged(f"t{number}-{each}"))

    threads = [threading.Thread(target=tag, args=(number,)) for number in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert len(run.annotations.tags) == 30


def test_a_change_that_fails_leaves_what_was_there(run):
    annotations.change(run.path, lambda _: ALL)
    with pytest.raises(ZeroDivisionError):
        annotations.change(run.path, lambda before: 1 / 0)
    assert run.annotations == ALL and {path.suffix for path in run.path.iterdir()} == {"", ".json", ".toml"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[" * 5000, "no JSON"),
        ("[]", "it holds no JSON object"),
        ('{"tags": "a"}', "tags must be a list"),
        ('{"tags": ["a b"]}', "'a b' must be one word"),
        ('{"tags": [1]}', "'1' must be one word"),
        ('{"name": "last"}', "last always means the newest run"),
        ('{"name": 3}', "the name 3"),
        ('{"name": "a\\u001b[2J"}', "no terminal can show"),
        ('{"note": 3}', "the note must be a text"),
        ('{"pinned": 1}', "pinned must be true or false"),
        ('{"group": "a,b"}', "the group"),
        (" " * (annotations.LARGEST + 1), "MB are read"),
    ],
)
def test_a_file_that_is_not_as_it_must_be_is_passed_over_and_told_of(run, text, said):
    (run.path / FILE).write_text(text)
    found = run.annotations
    assert found._replace(problem="") == NONE
    assert said in found.problem and FILE in found.problem and found.problem.isprintable()


def test_what_is_no_file_is_not_waited_for(run):
    os.mkfifo(run.path / FILE)
    assert "expected a file, found a pipe" in run.annotations.problem


def test_a_broken_file_is_set_aside_before_another_is_written(run):
    (run.path / FILE).write_text("{")
    assert "set aside as annotations.json.broken" in annotations.change(run.path, tagged("a")).problem
    assert run.annotations == Annotations(tags=("a",)) and (run.path / f"{FILE}.broken").read_text() == "{"


def test_what_a_later_version_notes_beside_is_passed_over(run):
    (run.path / FILE).write_text('{"tags": ["a"], "colour": "red"}')
    assert run.annotations == Annotations(tags=("a",))


def test_escapes_in_a_note_end_when_it_is_read(run):
    (run.path / FILE).write_text(json.dumps({"note": "a\x1b[2Jb\nc"}))
    assert run.annotations.note == "ab\nc"


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def two(home):
    return [runs.create("mlp-moons", "", {}), runs.create("mlp-moons", "", {}, name="first-try")]


def test_a_given_name_finds_its_run_whatever_its_letters_size(two):
    given_names.give(two[0], "Best one")
    assert runs.find("Best one") == runs.find("best one") == two[0] == runs.find_to_read("best one")
    given_names.give(two[0], "")
    with pytest.raises(DltuiError) as caught:
        runs.find("Best one")
    assert caught.value.status == ExitStatus.NOT_FOUND


def test_a_given_name_is_meant_before_the_beginning_of_an_id(two):
    given_names.give(two[0], "first")
    assert runs.find("first") == two[0] and runs.find("first-try") == two[1]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("last", "last always means the newest run"),
        ("LAST", "last always means the newest run"),
        ("2024", "digits only"),
        ("a/b", "taken for a path"),
        ("..", "taken for a path"),
        ("-x", "taken for a path or an option"),
        ("a:b", "taken for a condition"),
        (" a", "no space at its ends"),
        ("x" * 65, "at most 64"),
        ("a\x1b[2J", "no terminal can show"),
        ("mlp-moons", "a recipe is called so"),
        ("lenet-mnist", "a recipe is called so"),
        ("first-try", "was begun under it"),
    ],
)
def test_a_name_that_means_something_else_is_refused(two, name, said):
    with pytest.raises(DltuiError, match=said) as caught:
        given_names.give(two[0], name)
    assert caught.value.status == ExitStatus.USAGE and two[0].annotations == NONE


def test_an_id_and_the_name_of_another_run_are_no_names(two):
    given_names.give(two[0], "best")
    for name in (two[1].id, "best", "BEST"):
        with pytest.raises(DltuiError, match="is taken"):
            given_names.give(two[1], name)
    assert given_names.give(two[0], "best").name == "best"  # its own


def test_a_copied_folder_makes_a_name_ambiguous_and_that_is_told(two):
    for run in two:
        annotations.change(run.path, lambda before: before._replace(name="best"))
    with pytest.raises(DltuiError, match=r'"best" is the name of 2 runs: .*Give the id of one') as caught:
        runs.find("best")
    assert caught.value.status == ExitStatus.USAGE


def test_a_name_under_which_a_run_is_begun_later_is_ambiguous_too(two):
    given_names.give(two[0], "second-try")
    runs.create("mlp-moons", "", {}, name="second-try")
    with pytest.raises(DltuiError, match="was begun under it"):
        runs.find("second-try")


@pytest.mark.parametrize("name", ["last", "2024"])
def test_no_run_is_begun_under_a_name_that_does_not_find_it(home, name):
    with pytest.raises(DltuiError) as caught:
        runs.create("mlp-moons", "", {}, name=name)
    assert caught.value.status == ExitStatus.USAGE
