"""`dltui queue`."""

import errno
import json
import shutil

import pytest

from dltui import file_lock
from dltui.errors import ExitStatus
from dltui.jobs import queue, queue_entries
from dltui.recipes import recipe as recipes


@pytest.fixture(autouse=True)
def no_worker(monkeypatch):
    """Nothing is started: what the queue does with its entries is tested in tests/jobs."""
    monkeypatch.setattr(queue, "ensure_worker", lambda: len(queue.pending()))


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


def test_changes_are_given_as_to_run(dltui):
    assert dltui("queue", "add", "mlp-moons", "lenet-mnist", "train.steps=7", "--set", "train.seed=3").status == 0
    assert [entry.overrides for entry in queue.entries()] == [{"train.steps": 7, "train.seed": 3}] * 2


def test_a_file_whose_path_has_an_equals_sign_is_a_recipe(dltui, tmp_path):
    file = tmp_path / "a=b" / "mine.toml"
    file.parent.mkdir()
    file.write_text(recipes.to_toml(recipes.load("mlp-moons")))
    assert dltui("queue", "add", str(file), "train.steps=7").out == "1 mlp-moons\n"


def test_what_is_being_started_is_listed_with_its_run_and_stays(dltui):
    dltui("queue", "add", "mlp-moons", "lenet-mnist")
    file, _, claimed = queue_entries.claim(queue.entries()[1])
    with file:
        assert f"starting as {claimed.run}" in dltui("queue", COLUMNS="200").out
        listed = json.loads(dltui("queue", "--json").out)
        assert [(entry["state"], entry["run"]) for entry in listed] == [("waits", ""), ("starting", claimed.run)]
        result = dltui("queue", "rm", "1", "2")
        assert result.status == ExitStatus.FAILED and "nothing was removed" in result.err and claimed.run in result.err
    assert len(queue.entries()) == 2
    assert "Nothing waits" not in dltui("queue").err, "though its worker was killed"


def test_a_full_disk_is_told_as_long_as_something_waits(dltui, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(1 << 30, 1 << 30, 3 << 10))
    dltui("queue", "add", "mlp-moons")
    assert "3 KiB are free on this disk" in dltui("queue").err
    queue_entries.fail(queue.entries()[0], "no such thing")
    assert "free" not in dltui("queue").err


def test_what_the_worker_waits_for_is_told(dltui):
    """A quota is full while the disk is not: only who met it knows."""
    dltui("queue", "add", "mlp-moons")
    with open(queue.folder() / "worker.lock", "wb", buffering=0) as lock:
        assert file_lock.take(lock.fileno())
        lock.write(b"123\n/home/runs: Disk quota exceeded")
        told = dltui("queue").err
        assert "/home/runs: Disk quota exceeded" in told and "What waits starts once there is room" in told
        lock.truncate(0)
        assert "room" not in dltui("queue").err


def test_what_could_not_be_added_is_told_by_name(dltui, monkeypatch):
    real, left = queue_entries.write, [1]

    def full(path, asked):
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        left[0] -= 1
        real(path, asked)

    monkeypatch.setattr(queue_entries, "write", full)
    result = dltui("queue", "add", "mlp-moons", "lenet-mnist", "gan-mnist")
    assert result.status == ExitStatus.FAILED and result.out == "1 mlp-moons\n"
    assert "lenet-mnist was not put into the queue" in result.err and "Nor was put there: gan-mnist" in result.err
    assert [entry.recipe for entry in queue.entries()] == ["mlp-moons"]


def test_broken_files_are_listed_beside_the_others(dltui):
    dltui("queue", "add", "mlp-moons")
    (queue.folder() / "0002.json").write_text("{")
    (queue.folder() / "0003.json").write_text(json.dumps({"added": 1e300, "table": {"name": "x"}, "start": {
        "device": "\ud800\x1b[2J", "overrides": {"\ud800": "\x1b[2J"}}}))  # fmt: skip
    result = dltui("queue", COLUMNS="200")
    assert result.status == 0 and "0002.json is broken" in result.out and "\x1b" not in result.out
    assert [line.split()[0] for line in result.out.splitlines()[1:]] == ["1", "2", "3"]
    assert dltui("queue", "--json").status == 0


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
        (("add", "train.steps=3"), ExitStatus.USAGE, "there is no RECIPE"),
        (("add", "mlp-moons", "train.stepz=3"), ExitStatus.USAGE, 'Did you mean "steps"?'),
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
