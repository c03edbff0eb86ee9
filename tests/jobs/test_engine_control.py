"""A run's engine is asked by whole lines, and ended where it is one, by whoever started it."""

import fcntl
import json
import os
import subprocess
import sys
import time

import pytest

from dltui.errors import DltuiError
from dltui.jobs import engine_control, launch
from dltui.runs import engine_lock
from dltui.runs import run as runs
from tests.cli.conftest import wait_until


def test_controls_are_whole_lines_and_only_for_a_run_that_lives(behave):
    engine = behave("wait")
    wait_until(lambda: runs.state(engine.run).status == "running")
    engine_control.request(engine.run, "set", "optimizer.lr", 0.5)
    engine_control.request(engine.run, "stop")
    engine.process.wait()
    first, second = map(json.loads, engine.run.control.read_text().splitlines())
    assert (first["op"], first["key"], first["value"], second["op"]) == ("set", "optimizer.lr", 0.5, "stop")
    with pytest.raises(DltuiError, match="is not running: it is stopped"):
        engine_control.request(engine.run, "pause")


def test_kill_ends_an_engine_that_listens_to_nothing(behave):
    engine = behave("deaf")
    wait_until(lambda: runs.state(engine.run).status == "running")
    assert engine_control.kill(engine.run)
    assert engine.process.wait() == -9
    assert not engine_control.kill(engine.run)


def test_kill_signals_nobody_but_the_engine(behave, monkeypatch):
    """A dead run's lock holds a process id that a stranger has by now, and another stranger holds the lock."""
    engine = behave("died")
    engine.process.wait()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as stranger:
        for left in (json.dumps({"pid": stranger.pid, "started": "1", "host": os.uname().nodename}), str(stranger.pid)):
            engine.run.lock.write_text(left)
            with open(engine.run.lock) as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                with pytest.raises(DltuiError, match="no engine of dltui holds the lock"):
                    engine_control.kill(engine.run)
                with pytest.raises(DltuiError, match="no engine of dltui holds the lock"):
                    launch.resume(engine.run)
        time.sleep(0.1)
        assert stranger.poll() is None
        stranger.communicate(b"\n")
        assert stranger.returncode == 0


def test_kill_waits_for_a_process_id_only_so_long(behave, monkeypatch):
    monkeypatch.setattr(engine_control, "PATIENCE", 0.2)
    engine = behave("died")
    engine.process.wait()
    lock = engine_lock.claim(engine.run)  # by who is killed before it starts an engine
    try:
        with pytest.raises(DltuiError, match="has no engine yet"):
            engine_control.kill(engine.run)
    finally:
        os.close(lock)
