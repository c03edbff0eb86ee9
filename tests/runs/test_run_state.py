"""How a run stands, also when its engine died without a word, and that looking at it disturbs nobody."""

import fcntl
import json
import os
import subprocess
import sys
import time

import pytest

from dltui.errors import DltuiError
from dltui.runs import run as runs
from dltui.runs.engine_lock import hold
from dltui.runs.events import EventLog, Tail, first_event, last_events


def make(run_id: str) -> runs.Run:
    """A run's folder with an id of the test's choice."""
    run = runs.Run(runs.paths.runs() / run_id)
    run.path.mkdir(parents=True)
    return run


def log(run: runs.Run, *events: tuple[str, dict]) -> runs.Run:
    """Appends events to a run's log."""
    writer = EventLog(run.log)
    for kind, fields in events:
        writer.write(kind, **fields)
    writer.close()
    return run


STARTED = ("started", {"step": 0, "steps": 100})
SOME = ("scalars", {"series": "", "step": [4, 5], "values": {"loss": [2.0, 1.0]}})
PAUSE = ("control", {"op": "pause", "step": 5})
STOPPED = ("finished", {"status": "stopped", "step": 5, "steps": 100, "summary": {}, "expect": [], "seconds": 1.0})
DONE = (
    "finished",
    {
        "status": "done",
        "exit": 0,
        "step": 100,
        "steps": 100,
        "summary": {"accuracy": 0.9, "loss": "nan"},
        "expect": [{"name": "accuracy", "want": ">= 0.8", "got": 0.9, "ok": True}],
        "seconds": 3.5,
        "error": "",
    },
)

HOLD = """
import sys
from pathlib import Path
from dltui.runs import engine_lock, run
lock = getattr(engine_lock, sys.argv[2])(run.Run(Path(sys.argv[1])))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def engine():
    """engine(run) -> a process that holds a run's lock, as an engine does. `claim`: as who has yet to start one."""
    held = []

    def start(run: runs.Run, how: str = "hold") -> subprocess.Popen:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(run.path), how], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        held.append(process)
        assert process.stdout.readline() == b"held\n"
        return process

    yield start
    for process in held:
        process.kill()
        process.communicate()


# -- how a run stands --------------------------------------------------------------------------------------------------


def test_done(home):
    state = runs.state(log(make("a-20260101-000000-0000"), STARTED, SOME, DONE))
    assert (state.status, state.step, state.steps, state.seconds, state.live) == ("done", 100, 100, 3.5, False)
    assert state.summary["accuracy"] == 0.9 and state.summary["loss"] != state.summary["loss"]  # nan
    assert state.claim_met is True


def test_a_claim_that_was_not_met_and_none_at_all(home):
    missed = (
        "finished",
        {**DONE[1], "expect": [*DONE[1]["expect"], {"name": "loss", "want": "<= 1", "got": 2, "ok": False}]},
    )
    assert runs.state(log(make("a-20260101-000000-0000"), STARTED, missed)).claim_met is False
    assert runs.state(log(make("b-20260101-000000-0000"), STARTED, STOPPED)).claim_met is None


def test_an_engine_that_died_without_a_word_is_lost(home):
    state = runs.state(log(make("a-20260101-000000-0000"), STARTED, SOME))
    assert (state.status, state.step, state.steps, state.live) == ("lost", 5, 100, False)
    assert state.summary == {"loss": 1.0}


def test_a_run_that_was_made_longer_is_live_from_the_start_of_its_engine(home, engine):
    run = log(make("a-20260101-000000-0000"), STARTED, SOME, DONE)
    (run.path / "run.json").write_text(json.dumps({"steps": 300}))
    process = engine(run, "claim")
    state = runs.state(run)
    assert (state.status, state.step, state.steps, state.live) == ("starting", 100, 300, True)
    process.kill()
    process.communicate()
    assert runs.state(run).status == "done", "an engine that died before its first event has changed nothing"


def test_an_end_that_is_written_while_one_looks_is_seen(home, monkeypatch):
    """The engine goes between the two looks, at its lock and at its log."""
    run = log(make("a-20260101-000000-0000"), STARTED, SOME)
    lock, look = hold(run), runs.engine_lock.holder

    def slow(path):
        found = look(path)
        log(run, DONE)
        lock.close()
        return found

    monkeypatch.setattr(runs.engine_lock, "holder", slow)
    assert runs.state(run).status == "done"


def test_running_while_the_lock_is_held_and_lost_when_its_holder_is_killed(home, engine):
    run = make("a-20260101-000000-0000")
    process = engine(run)
    log(run, STARTED, SOME)
    assert runs.engine_pid(run) == process.pid
    assert runs.state(run).status == "running"
    process.kill()
    process.wait()
    assert runs.engine_pid(run) is None
    assert runs.state(run).status == "lost"


def test_looking_at_a_lock_leaves_none_behind(home, engine):
    run = make("a-20260101-000000-0000")
    run.lock.touch()
    assert runs.engine_pid(run) is None
    process = engine(run)  # gets the lock
    assert [runs.engine_pid(run) for _ in range(3)] == [process.pid] * 3


LOOK = """
import sys
from pathlib import Path
from dltui.runs import run
print("looking", flush=True)
while True:
    run.engine_pid(run.Run(Path(sys.argv[1])))
"""


def test_a_look_is_not_taken_for_an_engine(home):
    """Neither by the engine that is starting, which would give up, nor by another view."""
    run = make("a-20260101-000000-0000")
    run.lock.touch()
    looker = subprocess.Popen([sys.executable, "-c", LOOK, str(run.path)], stdout=subprocess.PIPE)
    try:
        assert looker.stdout.readline() == b"looking\n"
        for _ in range(300):
            assert runs.engine_pid(run) is None
            hold(run).close()
    finally:
        looker.kill()
        looker.communicate()


def test_a_second_engine_is_turned_away(home, engine):
    run = make("a-20260101-000000-0000")
    process = engine(run)
    with pytest.raises(DltuiError, match=f"running already, as process {process.pid}"):
        hold(run)


def test_a_lock_whose_process_id_is_not_yet_written_is_held_all_the_same(home, engine):
    run = make("a-20260101-000000-0000")
    engine(run, "claim")
    assert runs.engine_pid(run) == 0
    assert runs.state(run).status == "starting"
    with pytest.raises(DltuiError):
        runs.remove(run)


def test_paused_and_a_resumed_engine_is_not(home, engine):
    run = make("a-20260101-000000-0000")
    process = engine(run)
    log(run, STARTED, SOME, PAUSE)
    assert runs.state(run).status == "paused" and runs.state(run).live
    process.kill()
    process.wait()
    assert runs.state(run).status == "lost"
    engine(run)
    assert runs.state(run).status == "starting"
    log(run, ("started", {"step": 3, "steps": 100}))
    state = runs.state(run)
    assert (state.status, state.step) == ("running", 3)


def test_a_stopped_run_that_goes_on_is_live_before_its_engine_has_written_a_word(home, engine):
    run = log(make("a-20260101-000000-0000"), STARTED, SOME, STOPPED)
    assert runs.state(run).status == "stopped"
    engine(run)
    state = runs.state(run)
    assert (state.status, state.live, state.step) == ("starting", True, 5)
    log(run, ("note", {"level": "info", "text": "data: points"}))
    assert runs.state(run).status == "running"


def test_an_engine_that_has_finished_and_not_yet_left_does_not_go_on(home, engine):
    run = make("a-20260101-000000-0000")
    engine(run)
    log(run, STARTED, SOME, STOPPED)
    assert runs.state(run).status == "stopped"


def test_a_strangers_lock_is_no_engine(home, engine):
    """flock(1) on a dead run's lock, in which a process id stands that somebody else has by now."""
    run = log(make("a-20260101-000000-0000"), STARTED, SOME)
    for left in (str(os.getpid()), json.dumps({"pid": os.getpid(), "started": "1", "host": os.uname().nodename}), ""):
        run.lock.write_text(left)
        os.utime(run.lock, (1, 1))
        with open(run.lock) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            assert runs.engine_pid(run) is None and runs.state(run).status == "lost"
            with pytest.raises(DltuiError, match="no engine of dltui holds the lock"):
                hold(run)
            with pytest.raises(DltuiError, match="no engine of dltui holds the lock"):
                runs.remove(run)


def test_a_new_folder_is_starting_and_an_old_silent_one_is_lost(home):
    run = make("a-20260101-000000-0000")
    assert runs.state(run).status == "starting"
    for other in (1, time.time() + 86400):  # that of another clock, tomorrow, is no new one either
        os.utime(run.path, (other, other))
        assert runs.state(run).status == "lost"


def test_an_engine_that_died_before_its_first_word_is_lost_at_once(home, engine):
    run = make("a-20260101-000000-0000")
    process = engine(run)
    process.kill()
    process.wait()
    assert runs.state(run).status == "lost"


def test_the_latest_values_carry_the_name_of_their_variant(home):
    run = log(
        make("a-20260101-000000-0000"),
        STARTED,
        *(
            ("scalars", {"series": series, "step": [7], "values": {"loss": [float("inf")]}})
            for series in ("adam", "sgd")
        ),
    )
    assert runs.state(run).summary == {"adam.loss": float("inf"), "sgd.loss": float("inf")}


def test_steps_are_known_when_the_log_is_long(home):
    """`started` is then not in the tail; run.json has the number of steps."""
    run = runs.create("mlp", "", {"steps": 5000})
    many = {f"loss{i}": [0.123456789] * 32 for i in range(20)}
    log(
        run,
        ("started", {"step": 0, "steps": 5000}),
        *(("scalars", {"series": "", "step": list(range(32)), "values": many}) for _ in range(20)),
    )
    assert run.log.stat().st_size > 1 << 16
    assert runs.state(run).steps == 5000


# -- removing ----------------------------------------------------------------------------------------------------------


def test_a_run_is_removed_only_when_its_engine_is_gone(home, engine):
    run = make("a-20260101-000000-0000")
    process = engine(run)
    with pytest.raises(DltuiError, match="is running"):
        runs.remove(run)
    assert run.path.exists()
    process.kill()
    process.wait()
    runs.remove(run)
    assert not run.path.exists()


NO_FILES = {
    "a pipe": os.mkfifo,
    "a device that never ends": lambda path: os.symlink("/dev/zero", path),
    "a folder": os.mkdir,
    "a link to itself": lambda path: os.symlink(path, path),
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("made", NO_FILES.values(), ids=NO_FILES)
@pytest.mark.parametrize("name", ["events.jsonl", "run.json", "recipe.toml", "engine.lock", "engine.log"])
def test_what_is_no_file_in_a_runs_folder_is_waited_for_by_nobody(home, name, made):
    from dltui.jobs.launch import last_words
    from dltui.runs.facts import RunFacts
    from dltui.runs.known_runs import KnownRuns

    run = log(make("mlp-moons-20260101-000000-0001"), STARTED, SOME, DONE)
    (run.path / name).unlink(missing_ok=True)
    made(run.path / name)
    for known in (None, KnownRuns()):
        facts = RunFacts(run, known)
        assert facts.state.status in (("lost", "starting") if name == "events.jsonl" else ("done",))
        assert facts.settings == {} and facts.topic is not None and facts.info["overrides"] == {}
    if name == "events.jsonl":
        tail = Tail(run.log)
        tail.skip()
        assert list(tail.read()) == [] == last_events(run.log) and first_event(run.log, "started") is None
    assert last_words(run)
