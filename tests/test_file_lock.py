"""A lock is taken from nobody who holds it, and between those who only look at it."""

import fcntl
import os
import subprocess
import sys
import threading
import time

import pytest

from dltui import file_lock

HOLD = """
import fcntl, sys
file = open(sys.argv[1], "rb")
fcntl.flock(file, int(sys.argv[2]))
print(flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.lock"
    path.write_bytes(b"who it is")
    return path


@pytest.fixture
def lock(path):
    """The lock, opened."""
    file = os.open(path, os.O_RDWR)
    yield file
    os.close(file)


@pytest.fixture
def other(path):
    """other(how) -> another process that has locked it so."""
    started = []

    def start(how):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(path), str(how)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        started.append(process)
        process.stdout.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_it_is_taken_once_and_free_when_its_holder_is_killed(lock, path, other):
    holder = other(fcntl.LOCK_EX)
    assert not file_lock.take(lock) and file_lock.read_holder(path) == b"who it is" and file_lock.is_held(path)
    holder.kill()
    holder.wait()
    assert not file_lock.is_held(path) and file_lock.take(lock) and file_lock.is_held(path)


def test_who_looks_again_and_again_is_in_nobodys_way(lock, path):
    looked, over = [], threading.Event()

    def look():
        while not over.is_set():
            looked.append(file_lock.read_holder(path))

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(200):
        assert file_lock.take(lock)
        fcntl.flock(lock, fcntl.LOCK_UN)
    over.set()
    for thread in threads:
        thread.join()
    assert None in looked


def test_who_looks_for_ever_is_waited_for_with_patience_and_no_longer(lock, path, other, monkeypatch):
    other(fcntl.LOCK_SH)
    monkeypatch.setattr(file_lock, "PATIENCE", 0.1)
    began = time.monotonic()
    assert not file_lock.take(lock) and time.monotonic() - began >= 0.1
    assert file_lock.read_holder(path) is None, "and nothing of ours is left on it"


def test_a_lock_that_is_not_there_is_held_by_nobody(tmp_path):
    assert file_lock.read_holder(tmp_path / "none") is None and not file_lock.is_held(tmp_path / "none")
