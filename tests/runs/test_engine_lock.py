"""The run's lock: of two who claim it one gets it, it is handed on, and no process id in it is believed."""

import fcntl
import json
import os
import subprocess
import sys

import pytest

from dltui import file_lock
from dltui.errors import DltuiError
from dltui.runs import engine_lock
from dltui.runs import run as runs
from dltui.runs.events import EventLog


@pytest.fixture
def run(home) -> runs.Run:
    return runs.create("mlp", "", {})


def test_of_two_who_claim_at_once_one_gets_it(run):
    code = (
        "import sys; from pathlib import Path; from dltui.errors import DltuiError\n"
        "from dltui.runs import engine_lock, run\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "try: engine_lock.claim(run.Run(Path(sys.argv[1]))); print('mine', flush=True); sys.stdin.read()\n"
        "except DltuiError as error: print(error.message, flush=True)\n"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", code, str(run.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    assert [each.stdout.readline() for each in both] == [b"ready\n"] * 2
    for each in both:
        each.stdin.write(b"go\n")
        each.stdin.flush()
    assert sorted(each.stdout.readline().decode() for each in both) == ["mine\n", f"{run.id} is running already.\n"]
    for each in both:
        each.communicate()


def test_it_is_handed_on_and_held_for_as_long_as_who_got_it_lives(run, monkeypatch):
    lock = engine_lock.claim(run)
    assert engine_lock.holder(run.lock) == engine_lock.Holder(0, "", 0, known=True)
    monkeypatch.setenv(engine_lock.LOCK_VARIABLE, str(os.dup(lock)))
    os.close(lock)  # as who has started the engine does
    held = engine_lock.hold(run)
    assert engine_lock.LOCK_VARIABLE not in os.environ and not os.get_inheritable(held.fileno())
    assert engine_lock.holder(run.lock).pid == os.getpid()
    held.close()
    assert engine_lock.holder(run.lock) is None


def test_a_number_that_is_another_file_is_not_taken_for_the_lock(run, tmp_path, monkeypatch):
    with open(tmp_path / "other", "w") as other:
        monkeypatch.setenv(engine_lock.LOCK_VARIABLE, str(other.fileno()))
        engine_lock.hold(run).close()
        assert other.fileno() >= 0 and (tmp_path / "other").read_text() == ""


def test_it_tells_which_events_are_of_this_engine(run):
    log = EventLog(run.log)
    for _ in range(3):
        log.write("note", level="info", text="of one before")
    log.close()
    with engine_lock.hold(run):
        assert engine_lock.holder(run.lock).first == 3


@pytest.mark.parametrize(
    "left",
    [
        {"pid": 1},  # who has the number now did not start when the engine did
        {"pid": 1, "started": "another"},
        {"pid": 1 << 40, "started": "1"},
        {"pid": -1, "started": ""},
        {"pid": "x"},
        {"pid": 1e400},
        [],
        0,
        1,  # as an earlier dltui wrote it
    ],
)
def test_a_process_id_is_not_believed(run, left):
    run.lock.write_text(json.dumps(left))
    os.utime(run.lock, (1, 1))
    with open(run.lock) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        held = engine_lock.holder(run.lock)
        assert not held.known and held.pid == 0


def test_an_engine_of_an_earlier_dltui_is_known_by_its_command(run):
    """It wrote its process id alone."""
    code = "import fcntl, os, sys; f = open(sys.argv[1] + '/engine.lock', 'a+'); fcntl.flock(f, fcntl.LOCK_EX)\n"
    code += "f.write(str(os.getpid())); f.flush(); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(run.path), "dltui.engine"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        assert runs.engine_pid(run) == process.pid
        process.stdin.close()


def test_an_engine_on_another_machine_is_live_and_its_number_is_not_used_here(run):
    with engine_lock.hold(run) as lock:
        record = json.loads(run.lock.read_bytes())
        os.pwrite(lock.fileno(), json.dumps({**record, "started": "1", "host": "node7"}).encode() + b"\n", 0)
        assert engine_lock.holder(run.lock) == engine_lock.Holder(0, "node7", 0, known=True)
        assert runs.state(run).live and runs.engine_pid(run) == 0
        with pytest.raises(DltuiError, match="is running already on node7"):
            engine_lock.claim(run)


def test_one_who_only_looks_for_ever_is_told(run, monkeypatch):
    monkeypatch.setattr(file_lock, "PATIENCE", 0.1)
    run.lock.touch()
    with open(run.lock) as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        with pytest.raises(DltuiError, match="no engine of dltui"):
            engine_lock.claim(run)


def test_ps_tells_the_same_of_a_process_as_long_as_it_lives():
    """Where there is no /proc."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        first = engine_lock._of_ps(other.pid, "lstart")
        assert first and engine_lock._of_ps(other.pid, "lstart") == first
        assert "input()" in engine_lock._of_ps(other.pid, "command")
        other.communicate(b"\n")
        assert engine_lock._of_ps(other.pid, "lstart") == engine_lock.start_of(other.pid) == ""
