"""`dltui queue`."""

import json

import pytest

from dltui.errors import ExitStatus
from dltui.jobs import queue


@pytest.fixture(autouse=True)
def no_worker(monkeypatch):
    """Nothing is started: what the queue does with its entries is tested in tests/test_queue.py."""
    monkeypatch.setattr(queue, "ensure_worker", lambda: len(queue.waiting()))


def test_nothing_waits(dltui):
    result = dltui("queue")
    assert result.status == 0 and not result.out and "dltui queue add" in result.err


def test_what_was_added_is_listed_with_its_changes(dltui):
    added = dltui("queue", "add", "mlp-moons", "lenet-mnist", "--set", "train.steps=7", "--device", "cpu", "--full")
    assert added.status == 0 and added.out == "1 mlp-moons\n2 lenet-mnist\n"
    result = dltui("queue")
    first, second = result.out.splitlines()[1:]
    assert first.split()[:5] == ["1", "mlp-moons", "train.steps=7", "--full", "cpu"]
    assert second.split()[:2] == ["2", "lenet-mnist"]
    assert "dltui queue start" in result.err, "nothing works it off, and it says so"


def test_as_json(dltui):
    dltui("queue", "add", "mlp-moons", "--data", "builtin")
    (entry,) = json.loads(dltui("queue", "list", "--json").out)
    assert (entry["number"], entry["recipe"], entry["overrides"]) == (1, "mlp-moons", {"data.from": "builtin"})


def test_what_cannot_be_started_is_listed_with_its_error(dltui):
    dltui("queue", "add", "mlp-moons")
    path = queue.entries()[0].path
    path.write_text(json.dumps({**json.loads(path.read_text()), "error": "no such thing\x1b[2J"}))
    path.rename(path.with_suffix(".failed"))
    result = dltui("queue", COLUMNS="200")
    assert "failed: no such thing" in result.out and "\x1b" not in result.out and "start" not in result.err


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("add", "mlp-moon"), ExitStatus.NOT_FOUND, 'Did you mean "mlp-moons"?'),
        (("add", "mlp-moons", "--set", "train.stepz=3"), ExitStatus.USAGE, 'Did you mean "steps"?'),
        (("add", "mlp-moons", "--device", "gpu"), ExitStatus.USAGE, 'device "gpu" is unknown'),
        (("add", "mlp-moons", "--set", "train.steps"), ExitStatus.USAGE, "is not KEY=VALUE"),
        (("rm", "3"), ExitStatus.NOT_FOUND, "Nothing waits under number 3"),
        (("move", "3", "1"), ExitStatus.NOT_FOUND, "Nothing waits under number 3"),
        (("move", "3", "0"), ExitStatus.USAGE, "PLACE"),
        (("add",), ExitStatus.USAGE, "RECIPE"),
    ],
)
def test_what_is_wrong_is_told_and_changes_nothing(dltui, words, status, said):
    result = dltui("queue", *words)
    assert result.status == status and said in result.err and not queue.entries()


def test_one_wrong_recipe_among_many_adds_none(dltui):
    assert dltui("queue", "add", "mlp-moons", "nowhere").status == ExitStatus.NOT_FOUND
    assert not queue.entries()


def test_removed_by_number_all_or_none(dltui):
    dltui("queue", "add", "mlp-moons", "lenet-mnist", "mlp-mnist")
    assert dltui("queue", "rm", "1", "9").status == ExitStatus.NOT_FOUND and len(queue.entries()) == 3
    assert dltui("queue", "rm", "1", "3").status == 0
    assert [entry.recipe for entry in queue.entries()] == ["lenet-mnist"]


def test_moved_by_number_to_a_place(dltui):
    dltui("queue", "add", "mlp-moons", "lenet-mnist", "mlp-mnist")
    assert "3 mlp-mnist now stands at place 1." in dltui("queue", "move", "3", "1").err
    assert [line.split()[0] for line in dltui("queue").out.splitlines()[1:]] == ["3", "1", "2"]


def test_a_queue_that_stands_still_goes_on(dltui):
    assert "Nothing waits" in dltui("queue", "start").err
    dltui("queue", "add", "mlp-moons")
    assert "1 in the queue" in dltui("queue", "start").err
