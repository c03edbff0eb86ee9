"""Real engines, forked from this process, which has imported what they will: each starts in milliseconds."""

import os
import sys
import time
from collections.abc import Callable
from importlib import import_module

import torch

from dltui.engine import __main__ as engine
from dltui.runs.events import Tail
from dltui.runs.history import History
from dltui.runs.run import Run

for warm in (
    "dltui.engine.training.session",
    "scipy.stats",
    "sklearn.cluster",
    "sklearn.linear_model",
    "sklearn.metrics",
):
    import_module(warm)  # three seconds of each engine that needs them


def start_engine(run: Run) -> int:
    """Starts an engine on a run's folder in a process and session of its own; returns the process id."""
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        log = os.open(run.engine_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        sys.stdout = sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115 pytest's own are not the log
        torch.set_num_threads(1)
        os._exit(engine.main([str(run.path)]))
    finally:
        os._exit(99)


def ended(pid: int) -> int:
    """Waits for a process to end; returns its exit status, negative for a signal."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def history_of(run: Run) -> History:
    """Returns all that a run's log says now."""
    history = History()
    history.take(Tail(run.log).read())
    return history


def wait_until(true: Callable[[], object], seconds: float = 30) -> None:
    """Returns as soon as `true()` is; fails after `seconds`."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)
