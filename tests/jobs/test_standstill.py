"""A run in which nothing moves is found once, a paused or an ended one never."""

import pytest

from dltui.jobs.standstill import StandstillWatch
from dltui.runs import run as runs
from dltui.runs.engine_lock import hold
from dltui.runs.events import EventLog


@pytest.fixture
def watched(home):
    """(run, its log, look(at seconds), what was found so far)."""
    run = runs.create("mlp-moons", "", {"steps": 9})
    lock, log, found, now = hold(run), EventLog(run.log), [], [0.0]
    log.write("started", step=0, steps=9, series=[""])
    watch = StandstillWatch(60, lambda run, seconds: found.append(seconds), lambda: now[0])

    def look(at: float) -> None:
        now[0] = at
        watch(run)

    yield run, log, look, found
    log.close()
    lock.close()


def test_it_is_told_once_and_again_after_it_moved(watched):
    _, log, look, found = watched
    for at in (0, 59, 60, 61, 500):
        look(at)
    assert found == [60]
    log.write("scalars", series="", step=[1], values={"loss": [1.0]})
    for at in (501, 560, 561, 900):
        look(at)
    assert found == [60, 60]


def test_a_run_that_moves_is_not_told_of(watched):
    _, log, look, found = watched
    for at in range(0, 600, 50):
        log.write("scalars", series="", step=[at], values={"loss": [1.0]})
        look(at)
    assert found == []


def test_a_pause_is_no_standstill_and_what_comes_after_it_is_one(watched):
    _, log, look, found = watched
    log.write("control", op="pause", step=0)
    for at in (0, 100, 200):
        look(at)
    assert found == []
    log.write("control", op="resume", step=0)
    for at in (201, 260, 262):
        look(at)
    assert found == [61]


def test_an_end_is_no_standstill(watched):
    _, log, look, found = watched
    log.write("finished", status="done", exit=0, step=9, steps=9, summary={}, expect=[], seconds=1.0, error="")
    for at in (0, 100, 200):
        look(at)
    assert found == []
