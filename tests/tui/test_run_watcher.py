"""A log is read in small pieces, its clock counts training only, and a replay shows it as it came."""

import json
import threading
import time

import pytest

from dltui.runs import run as runs
from dltui.runs.events import EventLog
from dltui.runs.history import History
from dltui.runs.run import Run
from dltui.tui import run_watcher
from dltui.tui.run_watcher import Replay, RunClock, RunWatcher, take


@pytest.fixture
def run() -> Run:
    return runs.create("mlp-moons", "", {})


def write_steps(run: Run, count: int) -> None:
    log = EventLog(run.log)
    log.write("started", steps=count, step=0, series=[""], knobs={})
    for step in range(1, count + 1):
        log.write("scalars", series="", step=[step], values={"loss": [1 / step]})
    log.close()


def write(run: Run, *events: dict) -> None:
    """Writes events with times of their own."""
    with open(run.log, "ab") as file:
        for seq, event in enumerate(events):
            file.write(json.dumps({"v": 1, "seq": seq, **event}).encode() + b"\n")


def started(t: float, step: int = 0) -> dict:
    return {"t": t, "kind": "started", "step": step, "steps": 100, "series": [""]}


def scalars(t: float, *steps: int) -> dict:
    return {"t": t, "kind": "scalars", "series": "", "step": list(steps), "values": {"loss": [1.0] * len(steps)}}


def control(t: float, op: str) -> dict:
    return {"t": t, "kind": "control", "op": op, "step": 1}


def test_a_poll_reads_no_longer_than_it_may_and_the_next_one_goes_on(run):
    write_steps(run, 500)
    ticks = iter(range(10_000))
    watcher = RunWatcher(run, now=lambda: next(ticks))  # every look at the clock takes a second
    polls = 0
    while watcher.poll(budget=100) and watcher.behind:
        polls += 1
        assert watcher.history.version == 100 * polls
    assert not watcher.behind
    assert list(watcher.history.curves["", "loss"].steps) == list(range(1, 501))


def test_a_poll_says_whether_anything_was_new_and_a_torn_line_is_not_yet(run):
    watcher = RunWatcher(run)
    assert not watcher.poll()
    write_steps(run, 3)
    assert watcher.poll()
    assert not watcher.poll()
    with open(run.log, "ab") as file:
        file.write(b'{"v":1,"seq":9,"t":1.0,"kind":"note","level":"info","te')
        file.flush()
        assert not watcher.poll()
        file.write(b'xt":"there"}\n')
    assert watcher.poll()
    assert watcher.history.notes[0]["text"] == "there"


def test_what_is_no_event_of_ours_is_passed_over(run):
    write(run, started(1), {"kind": "scalars"}, {"t": "noon", "kind": "note"}, {"t": 2.0, "kind": "of a later version"})
    write(run, scalars(3, 1))
    watcher = RunWatcher(run)
    assert watcher.poll()
    assert list(watcher.history.curves["", "loss"].steps) == [1]


def test_the_clock_counts_neither_preparation_nor_pauses_nor_the_time_between_sittings():
    clock = RunClock()
    for event in (
        {"t": 0, "kind": "note"}, started(100), scalars(102, 10), control(103, "pause"), control(203, "resume"),
        scalars(205, 20), {"t": 206, "kind": "finished"}, started(1000, step=20), scalars(1001, 25),
    ):  # fmt: skip
        clock.take(event)
    assert list(zip(clock.steps, clock.times, strict=True)) == [(10, 2), (20, 5), (25, 6)]
    assert clock.seconds_at(15) == 3.5
    assert clock.step_at(3.5) == 15
    assert (clock.seconds_at(0), clock.seconds_at(99)) == (2, 6)


def test_the_clock_forgets_what_a_resumed_run_does_again():
    clock = RunClock()
    for event in (started(0), scalars(5, 10), scalars(9, 20), started(50, step=10), scalars(51, 15)):
        clock.take(event)
    assert list(zip(clock.steps, clock.times, strict=True)) == [(10, 5), (15, 6)]


def test_a_replay_shows_each_event_when_its_time_has_come_and_cuts_silences(run):
    write(run, started(0), scalars(1, 10), scalars(2, 20), scalars(3600, 30))
    replay = Replay(run, speed=2.0)
    assert replay.advance(0.25)
    assert replay.history.step == 0
    replay.advance(0.25)
    assert replay.history.step == 10
    replay.paused = True
    assert not replay.advance(100)
    replay.paused = False
    replay.advance(0.5)
    assert (replay.history.step, replay.over) == (20, False)
    replay.advance(1.0)  # an hour of nothing was cut to two seconds
    assert (replay.history.step, replay.over) == (30, True)


def test_a_replay_ends_as_the_log_does(run):
    write_steps(run, 50)
    replay, watcher = Replay(run, speed=64.0), RunWatcher(run)
    watcher.poll()
    while not replay.over:
        replay.advance(10.0)
    assert replay.history.curves == watcher.history.curves


def test_taking_an_event_keeps_history_and_clock_together():
    history, clock = History(), RunClock()
    take(started(1), history, clock)
    take(scalars(2, 5), history, clock)
    assert (history.step, list(clock.steps)) == (5, [5])


# -- long logs ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def long(run, monkeypatch) -> Run:
    """A log that counts as long, and has ended."""
    monkeypatch.setattr(run_watcher, "LONG", 1000)
    monkeypatch.setattr(run_watcher, "PIECE", 16)
    write_steps(run, 2000)
    log = EventLog(run.log)
    log.write("frame", series="", step=2000, pane="p", payload={"type": "text", "text": "seen"})
    log.write("finished", status="done", step=2000, steps=2000)
    log.close()
    return run


def test_the_first_look_at_a_long_log_knows_its_end_and_reads_no_longer_than_it_may(long):
    watcher = RunWatcher(long)
    ticks = iter(range(10**6))
    watcher._now = lambda: next(ticks)
    watcher.poll(budget=20)
    assert watcher.behind and watcher.history.finished["status"] == "done"
    assert watcher.history.version <= 20


def test_a_long_log_comes_whole_and_in_order_with_its_pictures_left_in_the_log(long):
    watcher = RunWatcher(long)
    while watcher.poll() or watcher.behind:
        pass
    assert list(watcher.history.curves["", "loss"].steps) == list(range(1, 2001))
    [frame] = watcher.history.frames["", "p"]
    assert "payload" not in frame and frame["payload"]["text"] == "seen"
    log = EventLog(long.log)
    log.write("note", text="later")
    log.close()
    assert watcher.poll() and watcher.history.notes[-1]["text"] == "later"


def test_a_watcher_that_nobody_needs_any_more_ends_its_thread(long):
    before = threading.active_count()
    watcher = RunWatcher(long)
    watcher.poll(budget=0.0)
    assert watcher.behind
    del watcher
    until = time.monotonic() + 10
    while threading.active_count() > before and time.monotonic() < until:
        time.sleep(0.01)
    assert threading.active_count() == before


def test_lines_that_could_not_be_read_are_counted(run):
    write_steps(run, 2)
    with open(run.log, "ab") as file:
        file.write(
            b"[" * 2000 + b"\n" + b'{"seq":9,"t":1,"kind":"scalars","series":"","step":[3],"values":{"loss":3}}\n'
        )
    watcher = RunWatcher(run)
    watcher.poll()
    assert watcher.history.unreadable == 2 and list(watcher.history.curves["", "loss"].steps) == [1, 2]
