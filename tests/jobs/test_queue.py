"""Runs that wait: one at a time on one device, in order, whoever computes there; nothing is lost or run twice."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import launch, queue
from dltui.recipes import recipe
from dltui.runs import run as runs
from dltui.runs.events import EventLog
from tests.cli.conftest import FAKE, wait_until


@pytest.fixture
def engines(monkeypatch, home):
    """engines("wait") makes every engine that is started behave so. Those that still run at the end are ended."""
    monkeypatch.setattr(queue, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(queue, "QUIET", 0.2)

    def behave(behaviour: str) -> None:
        monkeypatch.setattr(launch, "ENGINE_COMMAND", (sys.executable, str(FAKE), behaviour))

    yield behave
    for worker in queue._workers:
        worker.kill()
        worker.wait()
    queue._workers.clear()
    for run in runs.newest_first():
        if run.engine_log.exists():
            wait_until(lambda run=run: runs.engine_pid(run) or run.log.exists())  # it may still be on its way
            wait_until(lambda run=run: launch.kill(run) or runs.engine_pid(run) is None)


@pytest.fixture
def no_worker(monkeypatch):
    """Adding starts no process: the test works the queue off itself."""
    monkeypatch.setattr(queue, "ensure_worker", lambda: 0)


def add(word: str = "mlp-moons", /, **start) -> queue.Entry:
    return queue.add(recipe.load(word), **start)


def alive() -> list[runs.Run]:
    """The runs whose engine lives, the oldest first."""
    return [run for run in reversed(runs.newest_first()) if runs.engine_pid(run) is not None]


def work(until) -> threading.Thread:
    """Works the queue off in a thread; returns once `until()` is true."""
    thread = threading.Thread(target=queue.work_off, daemon=True)
    thread.start()
    wait_until(until)
    return thread


# -- entries -----------------------------------------------------------------------------------------------------------


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
    queue.work_off()
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
    assert queue.next_to_start(queue.waiting(), []).number == 3
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


def test_a_broken_file_is_shown_and_holds_nothing_up(home, no_worker, engines):
    queue.folder().mkdir(parents=True)
    (queue.folder() / "0001.json").write_text("{")
    (queue.folder() / "0002.json").write_text('{"table": {}, "start": []}')
    add()
    assert [bool(entry.error) for entry in queue.entries()] == [True, True, False]
    engines("done")
    queue.work_off()
    assert len(runs.newest_first()) == 1 and [entry.number for entry in queue.entries()] == [1, 2]


# -- one at a time -----------------------------------------------------------------------------------------------------


def entry(number: int, device: str) -> queue.Entry:
    return queue.Entry(number, "x", {}, False, device, 0.0, "", None)


@pytest.mark.parametrize(
    ("waiting", "busy", "starts"),
    [
        (["auto"], [], 1),
        (["auto"], ["cpu"], None),
        (["cpu"], ["auto"], None),
        (["cpu", "cuda"], ["cpu"], 2),
        (["cuda:1"], ["cuda"], 1),
        (["cuda"], ["cuda:0"], None),
        (["cuda:1", "auto", "cuda:2"], ["cuda:1"], None),  # the second is older than the third and may want its device
        (["cpu", "cpu", "cuda:1"], ["cpu"], 3),
    ],
)
def test_the_first_whose_device_is_free(waiting, busy, starts):
    found = queue.next_to_start([entry(number, device) for number, device in enumerate(waiting, 1)], busy)
    assert (found and found.number) == starts


def test_they_run_one_after_another_in_order(engines, no_worker):
    engines("wait")
    for steps in (11, 12, 13):
        queue.add(recipe.load("mlp-moons", {"train.steps": steps}), overrides={"train.steps": steps})
    thread = work(lambda: len(alive()) == 1)
    order = []
    for left in (2, 1, 0):
        wait_until(lambda left=left: len(queue.waiting()) == left and len(alive()) == 1)
        (run,) = alive()
        order.append(run.info()["overrides"]["train.steps"])
        wait_until(lambda run=run: runs.state(run).status == "running")
        launch.control(run, "stop")
    thread.join(20)
    assert order == [11, 12, 13] and not thread.is_alive()


def test_a_run_that_somebody_else_started_is_waited_for(engines, no_worker, monkeypatch):
    engines("wait")
    other = launch.start(recipe.load("mlp-moons"))
    wait_until(lambda: runs.state(other.run).status == "running")
    add(name="mine")
    looks, waiting = [], queue.waiting
    monkeypatch.setattr(queue, "waiting", lambda: looks.append(1) or waiting())
    thread = work(lambda: len(looks) > 5)
    assert [run.id for run in alive()] == [other.run.id]
    launch.control(other.run, "stop")
    other.process.wait()
    wait_until(lambda: [run.recipe_name for run in alive()] == ["mine"])
    thread.join(20)


def test_an_engine_that_has_no_lock_yet_counts(home):
    run = runs.create("mlp-moons", "", {"device": "cpu"})
    assert queue.computes(run)
    old = time.time() - queue.YOUNG - 1
    os.utime(run.path, (old, old))
    assert not queue.computes(run)


def test_a_paused_run_holds_nothing_up(engines, no_worker):
    engines("wait")
    other = launch.start(recipe.load("mlp-moons"))
    wait_until(lambda: runs.state(other.run).status == "running")
    assert queue.computes(other.run)
    wait_until(lambda: runs.state(other.run).step == 100)  # from here on the fake engine writes nothing
    log = EventLog(other.run.log)
    log.write("control", op="pause", step=100)
    log.close()
    wait_until(lambda: not queue.computes(other.run))
    add(name="mine")
    work(lambda: {run.recipe_name for run in alive()} == {"mlp-moons", "mine"}).join(20)
    other.leave()


def test_the_device_of_a_run_is_what_it_told(home):
    asked = runs.create("mlp-moons", "", {"device": "cuda"})
    assert queue.device_of(asked) == "cuda"
    log = EventLog(asked.log)
    log.write("started", device="cuda:0 NVIDIA H200", steps=1, step=0)
    log.close()
    assert queue.device_of(asked) == "cuda:0"


def test_an_engine_that_cannot_be_started_is_told_and_the_next_one_runs(engines, no_worker, monkeypatch):
    engines("done")
    add("mlp-moons")
    path = add("lenet-mnist").path
    asked = json.loads(path.read_text())
    asked["table"]["model"]["kind"] = "gone"
    path.write_text(json.dumps(asked))
    add("mlp-mnist")
    queue.work_off()
    assert {run.recipe_name for run in runs.newest_first()} == {"mlp-moons", "mlp-mnist"}
    (failed,) = queue.entries()
    assert failed.number == 2 and 'kind "gone" is unknown' in failed.error
    assert queue.remove(2) and not queue.entries()


def test_what_a_killed_worker_had_in_its_hands_is_not_lost(engines, no_worker):
    path = add().path
    path.rename(path.with_suffix(".starting"))
    assert queue.waiting() == []
    engines("done")
    add()
    queue.work_off()
    assert len(runs.newest_first()) == 2


# -- the process -------------------------------------------------------------------------------------------------------


@pytest.fixture
def process(engines, monkeypatch):
    """The real process over engines that train nothing: what is launched there is set by a sitecustomize."""
    folder = runs.paths.home().parent / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(
        "import sys\n"
        "if sys.argv[0] == '-m' and sys.orig_argv[-1] == 'dltui.jobs.queue':\n"
        "    from dltui.jobs import launch\n"
        f"    launch.ENGINE_COMMAND = ({sys.executable!r}, {str(FAKE)!r}, 'wait')\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), str(runs.paths.PACKAGE.parent)]))


def test_one_process_works_it_off_in_a_session_of_its_own_and_outlives_who_started_it(process):
    add(), add()
    wait_until(lambda: queue.worker_pid() and len(alive()) == 1)
    pid = queue.worker_pid()
    assert os.getsid(pid) == pid
    add()
    assert queue.ensure_worker() == 2 and queue.worker_pid() == pid
    second = subprocess.run([sys.executable, "-P", "-m", "dltui.jobs.queue"], timeout=20)
    assert second.returncode == 0 and queue.worker_pid() == pid, "a second one leaves at once"


def test_a_killed_worker_ends_no_run_and_the_next_one_waits_for_it(process):
    add(), add()
    wait_until(lambda: queue.worker_pid() and len(alive()) == 1)
    (run,) = alive()
    os.kill(queue.worker_pid(), signal.SIGKILL)
    wait_until(lambda: queue.worker_pid() is None)
    assert runs.engine_pid(run)
    assert queue.ensure_worker() == 1
    wait_until(lambda: queue.worker_pid())
    assert alive() == [run]
    wait_until(lambda: runs.state(run).status == "running")
    launch.control(run, "stop")
    wait_until(lambda: len(alive()) == 1 and alive() != [run])


def test_the_process_ends_with_the_queue(process):
    add()
    wait_until(lambda: len(alive()) == 1)
    wait_until(lambda: queue.worker_pid() is None)
    assert not queue.waiting() and len(alive()) == 1, "its last run goes on"
