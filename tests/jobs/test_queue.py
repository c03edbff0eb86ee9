"""Adding, moving and removing what waits, and the one process that works it off."""

import errno
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import engine_control, queue, queue_entries, queue_worker
from dltui.recipes import recipe
from dltui.runs import run as runs
from tests.cli.conftest import FAKE, wait_until
from tests.jobs.conftest import add, alive


def test_what_was_added_waits_in_order_and_says_what_it_is(home, no_worker):
    add("mlp-moons", overrides={"train.steps": 5})
    add("lenet-mnist", device="cpu", full=True)
    first, second = queue.entries()
    assert (first.number, first.recipe, first.overrides, first.device) == (1, "mlp-moons", {"train.steps": 5}, "auto")
    assert (second.number, second.recipe, second.device, second.full) == (2, "lenet-mnist", "cpu", True)
    assert abs(first.added - time.time()) < 60


def test_two_who_add_at_once_get_two_numbers(home, no_worker):
    with ThreadPoolExecutor(8) as together:
        made = list(together.map(lambda _: add().number, range(8)))
    assert sorted(made) == list(range(1, 9))


def test_an_entry_is_what_the_recipe_was_when_it_was_added(home, no_worker, engines, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(recipe.to_toml(recipe.load("mlp-moons")))
    queue.add(recipe.load(str(file), {"train.steps": 7}), overrides={"train.steps": 7})
    file.unlink()
    engines("done")
    queue_worker.work_off()
    (run,) = runs.newest_first()
    assert recipe.load(str(run.recipe_file)).train["steps"] == 7
    assert run.info()["overrides"] == {"train.steps": 7}


@pytest.mark.parametrize(
    ("option", "wrong"), [("device", "gpu"), ("precision", "fp8"), ("threads", -1), ("name", "A b")]
)
def test_a_wrong_choice_is_told_when_it_is_added(home, no_worker, option, wrong):
    with pytest.raises(DltuiError) as error:
        add(**{option: wrong})
    assert error.value.status == ExitStatus.USAGE and not queue.entries()


def test_what_is_moved_starts_at_its_new_place_and_keeps_its_number(home, no_worker):
    for word in ("mlp-moons", "lenet-mnist", "gan-mnist"):
        add(word)

    def numbers() -> list[int]:
        return [entry.number for entry in queue.entries()]

    assert queue.move(3, 1).recipe == "gan-mnist" and numbers() == [3, 1, 2]
    assert queue_worker.next_to_start(queue.pending(), []).number == 3
    queue.move(3, 99)
    assert numbers() == [1, 2, 3]
    queue.move(1, 2)
    assert numbers() == [2, 1, 3]
    assert add().number == 4 and numbers() == [2, 1, 3, 4], "what is added later follows"
    with pytest.raises(DltuiError) as error:
        queue.move(9, 1)
    assert error.value.status == ExitStatus.NOT_FOUND


def test_an_order_of_entries_that_are_gone_does_not_order_new_ones(home, no_worker):
    add(), add()
    queue.move(2, 1)
    queue.remove(1), queue.remove(2)
    add(), add()
    assert [entry.number for entry in queue.entries()] == [1, 2]
    for broken in ("{broken", "3", "[[1]]"):
        (queue.folder() / "order").write_text(broken)
        assert [entry.number for entry in queue.entries()] == [1, 2]


def test_a_number_that_is_not_there_is_told(home, no_worker):
    add()
    assert queue.remove(1).recipe == "mlp-moons" and queue.entries() == []
    with pytest.raises(DltuiError) as error:
        queue.remove(1)
    assert error.value.status == ExitStatus.NOT_FOUND


def test_a_number_that_is_anothers_by_now_is_not_removed_nor_moved(home, no_worker):
    seen = add("mlp-moons")
    queue.remove(1)
    assert add("lenet-mnist").number == 1
    for change in (lambda: queue.remove(1, added=seen.added), lambda: queue.move(1, 1, added=seen.added)):
        with pytest.raises(DltuiError) as error:
            change()
        assert error.value.status == ExitStatus.NOT_FOUND
    assert [entry.recipe for entry in queue.entries()] == ["lenet-mnist"]


@pytest.fixture
def full_disk(monkeypatch):
    """full_disk() fills the disk."""

    @contextmanager
    def full(path, *_, **__):
        raise OSError(errno.ENOSPC, "No space left on device", str(path))
        yield

    return lambda: monkeypatch.setattr(queue_entries, "replacing", full)


def test_a_full_disk_is_told_and_leaves_the_queue_as_it_was(home, no_worker, full_disk):
    add("mlp-moons"), add("lenet-mnist")
    full_disk()
    for change, said in (
        (lambda: add("gan-mnist"), "gan-mnist was not put into the queue"),
        (lambda: queue.move(2, 1), "2 lenet-mnist was not moved"),
    ):
        with pytest.raises(DltuiError, match=f"{said}.*No space left.*Free some space") as error:
            change()
        assert error.value.status == ExitStatus.FAILED
    assert [entry.number for entry in queue.entries()] == [1, 2]
    assert queue.remove(2), "that makes room"


def test_what_was_added_is_not_called_lost_where_no_process_can_be_started(home, monkeypatch):
    def refused():
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(queue, "ensure_worker", refused)
    with pytest.raises(DltuiError, match=r"waits as number 1, but nothing works the queue off: Resource.*queue start"):
        add()
    assert [entry.state for entry in queue.entries()] == ["waits"]


# -- the process -------------------------------------------------------------------------------------------------------


@pytest.fixture
def process(engines, monkeypatch):
    """The real process over engines that train nothing: what is launched there is set by a sitecustomize."""
    folder = runs.paths.home().parent / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import sys\n"
        "if sys.argv[0] == '-m' and sys.orig_argv[-1] == 'dltui.jobs.queue_worker':\n"
        "    from dltui.jobs import launch\n"
        f"    launch.ENGINE_COMMAND = ({sys.executable!r}, {str(FAKE)!r}, 'wait')\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), str(runs.paths.PACKAGE.parent)]))


def test_one_process_works_it_off_in_a_session_of_its_own_and_outlives_who_started_it(process):
    add(), add()
    wait_until(lambda: queue.worker() and len(alive()) == 1)
    pid = queue.worker().pid
    assert os.getsid(pid) == pid
    add()
    assert queue.ensure_worker() == 2 and queue.worker().pid == pid
    second = subprocess.run([sys.executable, "-P", "-m", "dltui.jobs.queue_worker"], timeout=20)
    assert second.returncode == 0 and queue.worker().pid == pid, "a second one leaves at once"


def test_a_killed_worker_ends_no_run_and_the_next_one_waits_for_it(process):
    add(), add()
    wait_until(lambda: queue.worker() and len(alive()) == 1)
    (run,) = alive()
    os.kill(queue.worker().pid, signal.SIGKILL)
    wait_until(lambda: queue.worker() is None)
    assert runs.engine_pid(run)
    assert queue.ensure_worker() == 1
    wait_until(queue.worker)
    assert alive() == [run]
    wait_until(lambda: runs.state(run).status == "running")
    engine_control.request(run, "stop")
    wait_until(lambda: len(alive()) == 1 and alive() != [run])


def test_the_process_ends_with_the_queue(process):
    add()
    wait_until(lambda: len(alive()) == 1)
    wait_until(lambda: queue.worker() is None)
    assert not queue.pending() and len(alive()) == 1, "its last run goes on"
