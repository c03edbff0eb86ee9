"""The queue tells of the ends of its runs, and works on until the last of them is told."""

import threading

import pytest

from dltui.jobs import engine_control, queue_entries, queue_worker
from dltui.runs import run as runs
from tests.cli.conftest import wait_until
from tests.jobs.conftest import add
from tests.jobs.told import Program, serving, settings


def told(program: Program) -> list[tuple[str, str]]:
    return [(call["stdin"]["event"], call["stdin"]["status"]) for call in program.calls]


@pytest.fixture
def worked(no_worker, engines):
    """Works the queue off with engines that behave so; returns once it is over."""

    def work(behaviour: str = "done") -> None:
        engines(behaviour)
        thread = threading.Thread(target=queue_worker.work_off, daemon=True)
        thread.start()
        thread.join(30)
        assert not thread.is_alive()

    return work


def test_what_was_asked_for_is_told_and_nothing_else(home, tmp_path, worked):
    program = Program(tmp_path)
    settings(home, command=program.command)
    add(notify=0.0)
    add()
    worked()
    (call,) = program.calls
    told = call["stdin"]
    assert (told["command"], told["event"], told["status"], told["exit"]) == ("queue", "end", "done", 0)
    assert told["run"] == runs.newest_first()[-1].id


def test_with_always_all_are_told_but_those_that_said_no(home, worked):
    with serving() as server:
        settings(home, url=server.url, always=True)
        add()
        add(notify=False)
        add()
        worked("data_fault")
        assert [post["event"] for _, _, post in server.posts] == ["failure"] * 2
        assert server.posts[0][2]["reason"] == "mnist: the hub cannot be reached." and server.posts[0][2]["exit"] == 4


def test_a_standstill_is_told_while_it_lasts(home, tmp_path, no_worker, engines):
    program = Program(tmp_path)
    settings(home, command=program.command)
    engines("deaf")
    add(notify=0.005)
    thread = threading.Thread(target=queue_worker.work_off, daemon=True)
    thread.start()
    wait_until(lambda: ("stalled", "running") in told(program))
    engine_control.kill(runs.newest_first()[0])
    thread.join(20)
    assert not thread.is_alive()
    assert told(program)[-1] == ("failure", "lost")


def test_what_was_asked_survives_in_the_entry(home, no_worker):
    for asked in (None, False, 0.0, 2.5):
        add(notify=asked)
    assert [entry.notify for entry in queue_entries.entries()] == [None, False, 0.0, 2.5]
