"""What stands in the queue's folder is always told whole: by state, whatever a kill, a full disk or an editor left."""

import errno
import fcntl
import json
import os
from contextlib import contextmanager

import pytest

from dltui.jobs import queue, queue_entries
from dltui.jobs.queue_entries import Entry, claim, entries
from dltui.recipes import recipe
from dltui.runs import engine_lock
from dltui.runs import run as runs
from tests.jobs.conftest import add

pytestmark = pytest.mark.usefixtures("home", "no_worker")


def states() -> list[tuple[int, str]]:
    return [(entry.number, entry.state) for entry in entries()]


def made(entry: Entry) -> runs.Run:
    """The run of a claimed entry, its folder made and no engine started."""
    return runs.create(entry.recipe, recipe.to_toml(recipe.load(entry.recipe)), {}, run_id=entry.run)


# -- a start, told by what is there -----------------------------------------------------------------------------------


def test_what_is_being_started_is_listed_as_the_run_that_it_will_be():
    add("mlp-moons", overrides={"train.steps": 5})
    file, asked, claimed = claim(add("lenet-mnist", name="mine"))
    with file:
        assert states() == [(1, "waits"), (2, "starting")]
        assert asked["table"]["name"] == "lenet-mnist" and claimed.run.startswith("mine-")
        assert entries()[1] == claimed


def test_an_engine_that_outlives_who_started_it_is_on_its_way():
    file, _, claimed = claim(add())
    run = made(claimed)
    lock = engine_lock.claim(run)  # the engine has it now
    file.close()
    assert states() == [(1, "starting")]
    os.close(lock)
    assert states() == [(1, "waits")]


def test_a_start_that_was_cut_off_waits_again_and_leaves_no_run_behind():
    file, _, first = claim(add())
    made(first)
    file.close()  # as a kill does
    assert states() == [(1, "waits")]
    file, _, second = claim(entries()[0])
    with file:
        assert second.run != first.run and not runs.newest_first()


def test_a_run_that_has_begun_is_no_entry_any_more_even_once_it_is_deleted():
    file, _, claimed = claim(add())
    file.close()
    run = made(claimed)
    run.log.touch()
    assert not entries()
    runs.remove(run)
    assert not entries()


def test_a_run_that_somebody_resumes_is_not_started_beside_him():
    file, _, claimed = claim(add())
    file.close()
    run = made(claimed)
    with open(run.lock, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert claim(entries()[0]) is None and run.path.exists()


def test_what_left_the_queue_is_not_claimed():
    entry = add()
    queue.remove(1)
    assert claim(entry) is None


def test_what_is_being_started_is_not_taken_out_and_what_was_cut_off_is():
    file, _, claimed = claim(add())
    with file, pytest.raises(queue.DltuiError, match=f"is being started as {claimed.run}"):
        queue.remove(1)
    made(claimed)
    assert queue.remove(1).number == 1
    assert not entries() and not runs.newest_first()


def test_a_queue_of_an_earlier_dltui_goes_on():
    path = add().path
    path.rename(path.with_suffix(".starting"))
    failed = add().path
    failed.write_text(json.dumps({**json.loads(failed.read_text()), "error": "no such thing"}))
    failed.rename(failed.with_suffix(".failed"))
    assert states() == [(1, "waits"), (2, "failed")] and entries()[1].error == "no such thing"
    file, _, claimed = claim(entries()[0])
    file.close()
    assert claimed.path.name == f"0001.{claimed.run}.starting"


# -- what fails --------------------------------------------------------------------------------------------------------


def test_what_failed_keeps_its_place_its_number_and_why():
    add(), add()
    queue.move(2, 1)
    queue_entries.fail(entries()[0], "no such thing \ud800")
    assert states() == [(2, "failed"), (1, "waits")] and entries()[0].error == "no such thing \ud800"
    assert add().number == 3


def test_that_it_failed_is_told_where_the_disk_has_no_room_for_why(monkeypatch):
    entry = add()

    @contextmanager
    def full(path, *_, **__):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))
        yield

    monkeypatch.setattr(queue_entries, "replacing", full)
    queue_entries.fail(entry, "no such thing")
    assert states() == [(1, "failed")] and "disk was full" in entries()[0].error


# -- broken files ------------------------------------------------------------------------------------------------------

WHOLE = {"added": 1.0, "table": {"name": "mlp-moons"}, "start": {}}


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "3", "null", "[" * 100_000, "\udcff",
        *(
            json.dumps(WHOLE | change)
            for change in (
                {"added": "yesterday"}, {"added": [1]}, {"added": float("nan")}, {"added": 10**400}, {"added": None},
                {"start": []}, {"start": None}, {"table": {}}, {"table": {"name": 3}}, {"table": {"name": "../x"}},
                {"start": {"name": "a/b"}}, {"start": {"overrides": [1]}}, {"start": {"overrides": {"a": None}}},
                {"start": {"overrides": {"a": [None]}}},
            )
        ),
    ],
)  # fmt: skip
def test_a_broken_file_is_told_and_hides_no_other(text):
    add()
    path = queue.folder() / "0002.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    add()
    assert states() == [(1, "waits"), (2, "failed"), (3, "waits")]
    assert "0002.json is broken" in entries()[1].error
    assert queue.remove(2) and states() == [(1, "waits"), (3, "waits")]


def test_a_folder_is_told_and_other_names_are_passed_over():
    add()
    (queue.folder() / "0002.json").mkdir()
    (queue.folder() / "0003.json").symlink_to("nowhere")
    for name in ("0.json", "²3.json", "x.json", ".0004.json.12.part", "0005.txt"):
        (queue.folder() / name).write_text("{")
    assert states() == [(1, "waits"), (2, "failed")]
