"""An engine that nobody can see ends by itself, and what it started with it; one that is seen does not."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.forked import wait_until

# "graceful" leaves as soon as it is asked to; "busy" never looks
ENGINE = """
import os, subprocess, sys, threading
from pathlib import Path
from dltui.engine.training import watchdog
watchdog.LOOK, watchdog.LEAVE = 0.05, 0.3
asked = threading.Event()
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
watchdog.watch(Path(sys.argv[1]), asked.set)
print(child.pid, os.getpid(), flush=True)
if sys.argv[2] == "graceful":
    asked.wait()
    child.kill()
    sys.exit(3)
threading.Event().wait()
"""


def lives(pid: int) -> bool:
    """Whether a process runs; one that waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def engine(tmp_path):
    """engine("busy") -> (its process, the process id of what it started), at work in tmp_path/run."""
    (tmp_path / "run").mkdir()
    begun = []

    def begin(how: str) -> tuple[subprocess.Popen, int]:
        command = [sys.executable, "-c", ENGINE, str(tmp_path / "run"), how]
        begun.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True))
        return begun[-1], int(begun[-1].stdout.readline().split()[0])

    yield begin
    for process in begun:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_one_whose_folder_is_gone_is_asked_to_stop(engine, tmp_path):
    process, _ = engine("graceful")
    time.sleep(0.3)
    assert process.poll() is None
    shutil.rmtree(tmp_path / "run")
    assert process.wait(10) == 3
    assert b"run is gone" in process.stderr.read()


def test_one_that_does_not_stop_is_ended_with_all_that_it_started(engine, tmp_path):
    process, child = engine("busy")
    assert lives(child)
    (tmp_path / "run").rename(tmp_path / "elsewhere")
    (tmp_path / "run").mkdir()  # another run in its place
    assert process.wait(10) == -signal.SIGKILL
    wait_until(lambda: not lives(child), 10)


ASKER = """
import subprocess, sys
from dltui.jobs import launch
owned = sys.argv[3] == "owned"
engine = subprocess.Popen([sys.executable, "-c", sys.argv[1], sys.argv[2], "busy"], env=launch.environment(owned=owned),
                          stdout=subprocess.PIPE, start_new_session=True)
print(engine.stdout.readline().split()[1].decode(), flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("owned", [True, False])
def test_one_whose_asker_is_killed_ends_where_nobody_else_needs_it(tmp_path, owned):
    command = [sys.executable, "-c", ASKER, ENGINE, str(tmp_path), "owned" if owned else "free"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as asker:
        pid = int(asker.stdout.readline())
        time.sleep(0.3)
        assert lives(pid)
        asker.kill()
    if owned:
        wait_until(lambda: not lives(pid), 10)
        return
    time.sleep(1.5)
    assert lives(pid)
    os.killpg(pid, signal.SIGKILL)
