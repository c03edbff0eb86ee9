"""Runs that wait: one at a time on one device, in order, whoever computes there; nothing is lost or run twice."""

import errno
import itertools
import json
import os
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from dltui.jobs import engine_control, launch, queue, queue_worker
from dltui.recipes import recipe
from dltui.runs import engine_lock
from dltui.runs import run as runs
from dltui.runs.events import EventLog
from tests.cli.conftest import wait_until
from tests.jobs.conftest import add, alive


def work(until) -> threading.Thread:
    """Works the queue off in a thread; returns once `until()` is true."""
    thread = threading.Thread(target=queue_worker.work_off, daemon=True)
    thread.start()
    wait_until(until)
    return thread


def begun() -> Counter:
    """How often each entry was run, by the seed that it was added with."""
    return Counter(run.info()["overrides"]["train.seed"] for run in runs.newest_first() if run.log.exists())


def add_seeds(*seeds: int) -> None:
    for seed in seeds:
        add(overrides={"train.seed": seed}, device="cpu")


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
    found = queue_worker.next_to_start([entry(number, device) for number, device in enumerate(waiting, 1)], busy)
    assert (found and found.number) == starts


def test_they_run_one_after_another_in_order(engines, no_worker):
    engines("wait")
    for steps in (11, 12, 13):
        queue.add(recipe.load("mlp-moons", {"train.steps": steps}), overrides={"train.steps": steps})
    thread = work(lambda: len(alive()) == 1)
    order = []
    for left in (2, 1, 0):
        wait_until(lambda left=left: len(queue.pending()) == left and len(alive()) == 1)
        (run,) = alive()
        order.append(run.info()["overrides"]["train.steps"])
        wait_until(lambda run=run: runs.state(run).status == "running")
        engine_control.request(run, "stop")
    thread.join(20)
    assert order == [11, 12, 13] and not thread.is_alive()


def test_a_run_that_somebody_else_started_is_waited_for(engines, no_worker, monkeypatch):
    engines("wait")
    other = launch.start(recipe.load("mlp-moons"))
    wait_until(lambda: runs.state(other.run).status == "running")
    add(name="mine")
    looks, pending = [], queue_worker.pending
    monkeypatch.setattr(queue_worker, "pending", lambda: looks.append(1) or pending())
    thread = work(lambda: len(looks) > 5)
    assert [run.id for run in alive()] == [other.run.id]
    engine_control.request(other.run, "stop")
    other.process.wait()
    wait_until(lambda: [run.recipe_name for run in alive()] == ["mine"])
    thread.join(20)


def test_an_engine_that_has_no_lock_yet_counts(home):
    run = runs.create("mlp-moons", "", {"device": "cpu"})
    assert queue_worker.computes(run)
    old = time.time() - queue_worker.YOUNG - 1
    os.utime(run.path, (old, old))
    assert not queue_worker.computes(run)


def test_a_folder_that_is_dated_tomorrow_holds_nothing_up(home):
    tomorrow = time.time() + 86400
    run = runs.create("mlp-moons", "", {"device": "cpu"})
    os.utime(run.path, (tomorrow, tomorrow))
    assert not queue_worker.computes(run)


def test_a_paused_run_holds_nothing_up(engines, no_worker):
    engines("wait")
    other = launch.start(recipe.load("mlp-moons"))
    wait_until(lambda: runs.state(other.run).status == "running")
    assert queue_worker.computes(other.run)
    wait_until(lambda: runs.state(other.run).step == 100)  # from here on the fake engine writes nothing
    log = EventLog(other.run.log)
    log.write("control", op="pause", step=100)
    log.close()
    wait_until(lambda: not queue_worker.computes(other.run))
    os.utime(other.run.log, (time.time() + 86400,) * 2)
    assert not queue_worker.computes(other.run), "nor where a wrong clock dated its last event tomorrow"
    add(name="mine")
    work(lambda: {run.recipe_name for run in alive()} == {"mlp-moons", "mine"}).join(20)
    other.leave()


def test_the_device_of_a_run_is_what_it_told(home):
    asked = runs.create("mlp-moons", "", {"device": "cuda"})
    assert queue_worker.device_of(asked) == "cuda"
    log = EventLog(asked.log)
    log.write("started", device="cuda:0 NVIDIA H200", steps=1, step=0)
    log.close()
    assert queue_worker.device_of(asked) == "cuda:0"


def test_an_engine_that_cannot_be_started_is_told_and_the_next_one_runs(engines, no_worker, monkeypatch):
    engines("done")
    add("mlp-moons")
    path = add("lenet-mnist").path
    asked = json.loads(path.read_text())
    asked["table"]["model"]["kind"] = "gone"
    path.write_text(json.dumps(asked))
    add("mlp-mnist")
    queue_worker.work_off()
    assert {run.recipe_name for run in runs.newest_first()} == {"mlp-moons", "mlp-mnist"}
    (failed,) = queue.entries()
    assert failed.number == 2 and 'kind "gone" is unknown' in failed.error
    assert queue.remove(2) and not queue.entries()


# -- what cannot be started -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"start": {"colour": "red"}}, "TypeError"),
        ({"start": {"device": "gpu"}}, 'device "gpu" is unknown'),
        ({"table": {"name": "mlp-moons"}}, "task"),
    ],
)
def test_an_entry_that_is_wrong_is_told_and_the_next_one_runs(engines, no_worker, change, said):
    engines("done")
    path = add().path
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    (queue.folder() / "0002.json").write_text("{")
    add("lenet-mnist")
    queue_worker.work_off()
    assert [run.recipe_name for run in runs.newest_first()] == ["lenet-mnist"]
    assert [(entry.number, entry.state) for entry in queue.entries()] == [(1, "failed"), (2, "failed")]
    assert said in queue.entries()[0].error


def test_an_engine_that_ends_before_its_run_begins_is_told_with_its_last_words(engines, no_worker, monkeypatch):
    monkeypatch.setattr(launch, "ENGINE_COMMAND", (sys.executable, "-c", "raise SystemExit('no torch here')"))
    add()
    queue_worker.work_off()
    (failed,) = queue.entries()
    assert failed.state == "failed" and "before the run began: no torch here" in failed.error
    engines("done")
    add_seeds(7)
    began = time.monotonic()
    queue_worker.work_off()
    assert begun()[7] == 1 and time.monotonic() - began < queue_worker.YOUNG / 2, "it holds nothing up"


@pytest.mark.parametrize(("owner", "refused"), [(Path, "rename"), (Path, "mkdir"), (engine_lock, "record")])
def test_while_the_disk_is_full_what_waits_goes_on_waiting(engines, no_worker, monkeypatch, owner, refused):
    engines("done")
    add_seeds(1, 2)
    real, left = getattr(owner, refused), [3]

    def full(*args, **options):
        if left[0]:
            left[0] -= 1
            raise OSError(errno.ENOSPC, "No space left on device", str(args[0]))
        return real(*args, **options)

    monkeypatch.setattr(queue_worker, "DISK_EVERY", 0.01)
    monkeypatch.setattr(owner, refused, full)
    queue_worker.work_off()
    assert not left[0] and not queue.entries()
    assert begun() == {1: 1, 2: 1} and len(runs.newest_first()) == 2, "and no half of a run is left"


def test_it_goes_on_as_soon_as_there_is_room_and_says_what_it_waits_for(engines, no_worker, monkeypatch):
    engines("done")
    add_seeds(1)
    real, free, said = Path.mkdir, {"bytes": 0, "files": 9}, []

    def mkdir(path, *args, **options):
        if not free["bytes"] and path.parent == runs.paths.runs():
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return real(path, *args, **options)

    monkeypatch.setattr(queue_worker, "DISK_EVERY", 600.0)
    monkeypatch.setattr(queue_worker, "_free", lambda: dict(free))
    monkeypatch.setattr(Path, "mkdir", mkdir)
    thread = threading.Thread(target=queue_worker.work_off, args=(said.append,), daemon=True)
    thread.start()
    wait_until(lambda: any("No space left on device" in words for words in said))
    assert queue.pending()[0].state == "waits" and not begun()
    free["bytes"] = 1 << 30
    thread.join(20)
    assert not thread.is_alive() and begun() == {1: 1} and said[-1] == ""


def test_who_works_it_off_is_told_by_its_lock(no_worker, monkeypatch):
    seen = []

    def work_off(say):
        for words in ("the disk", ""):
            say(words)
            seen.append(queue.worker())
        queue.remove(1)

    monkeypatch.setattr(queue_worker, "work_off", work_off)
    add_seeds(1)
    assert queue_worker.main() == 0
    assert seen == [(os.getpid(), "the disk"), (os.getpid(), "")] and queue.worker() is None


def test_a_run_that_took_the_same_id_is_left_alone(engines, no_worker, monkeypatch):
    engines("done")
    others, real, given = runs.create("mlp-moons", "", {"overrides": {"train.seed": 0}}), runs.new_id, []

    def new_id(stem):
        given.append(real(stem) if given else others.id)
        return given[-1]

    monkeypatch.setattr(runs, "new_id", new_id)
    others.lock.touch()  # its engine is gone
    add_seeds(1)
    queue_worker.work_off()
    assert len(given) > 1 and not queue.entries()
    assert others.path.exists() and begun() == {1: 1}


# -- kills ------------------------------------------------------------------------------------------------------------

CHANGES = ("os.rename", "os.mkdir", "os.remove", "shutil.rmtree", "subprocess.Popen")  # as Python audits them


def killed_at(step: int) -> bool:
    """Works the queue off in a process that is killed before its step-th change to the disk, or start of an engine;
    returns False where it had fewer."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    changes = itertools.count()

    def audit(event: str, args: tuple) -> None:
        written = event == "open" and args[2] & (os.O_WRONLY | os.O_RDWR)
        if (written or event in CHANGES) and next(changes) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        sys.addaudithook(audit)
        queue_worker.main()
    finally:
        os._exit(0)


@pytest.mark.parametrize("first", range(7))
def test_a_worker_that_is_killed_at_any_step_loses_nothing_and_runs_nothing_twice(engines, no_worker, first):
    engines("done")
    seeds = range(3)
    add_seeds(*seeds)
    step = first
    while killed_at(step):
        there = {entry.overrides["train.seed"] for entry in queue.entries()} | set(begun())
        assert there == set(seeds), "all are told at every moment"
        step += 7
    wait_until(lambda: not alive())
    assert not queue.entries() and begun() == dict.fromkeys(seeds, 1)
    assert all(run.log.exists() for run in runs.newest_first()), "and no half of a run is left"


def test_two_who_work_it_off_at_once_start_nothing_twice(engines, no_worker):
    engines("done")
    for seed in range(6):
        add(overrides={"train.seed": seed}, device=f"cuda:{seed}")
    both = [threading.Thread(target=queue_worker.work_off) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(60)
    assert not queue.entries() and begun() == dict.fromkeys(range(6), 1)
