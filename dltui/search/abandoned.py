"""Trials of other processes: those that these still make, and those that they have left behind."""

import os
import socket
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from dltui import paths
from dltui.runs import events
from dltui.runs import run as runs
from dltui.runs.engine_lock import start_of
from dltui.search.study import Plan, give_up, outcome

if TYPE_CHECKING:
    import optuna

MARK = 60.0  # seconds between two signs of life of a trial
SILENT = 600.0  # seconds after the last sign for which a process on another machine is waited for
ASKING = 60.0  # seconds in which a process that asked for a trial has said who it is


def machine() -> str:
    """The machine, or the container, whose process ids mean something here: names of hosts alone are given twice."""
    parts = []
    with suppress(OSError):
        parts.append(Path("/etc/machine-id").read_text())
    with suppress(OSError):
        parts.append(os.readlink("/proc/self/ns/pid"))
    return f"{socket.gethostname()}/{sha256(''.join(parts).encode()).hexdigest()[:8]}"


def asker() -> str:
    """This process, as a trial remembers who asked for it: machine, process id, and when that process started."""
    return f"{machine()} {os.getpid()} {start_of(os.getpid())}"


def settle(study: "optuna.Study", plan: Plan) -> list[int]:
    """Trials whose asker is gone get what their runs came to, or are given up where these came to nothing.

    Not to be called while trials of this process are open. Returns the numbers of those that others still make.
    """
    from optuna.exceptions import UpdateFinishedTrialError
    from optuna.trial import TrialState

    awaited = []
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        run = runs.Run(paths.runs() / trial.user_attrs.get("run", "-"))
        begun = run.path.is_dir()
        if _lives(trial) or (begun and runs.state(run).live):
            awaited.append(trial.number)
            continue
        last = events.last_event(run.log) if begun else None
        finished = last if last and last["kind"] == "finished" else {}
        value, error = outcome(plan, trial, finished)
        if error and finished.get("status") in (None, "stopped"):
            give_up(study, plan, trial)
        else:
            with suppress(UpdateFinishedTrialError):  # another process was quicker
                study.tell(trial.number, value, TrialState.FAIL if error else None, skip_if_finished=True)
    return awaited


def _lives(trial: "optuna.trial.FrozenTrial") -> bool:
    """Whether the process that asked for a trial is another one and lives, as far as one can see from here."""
    host, _, process = trial.user_attrs.get("asker", "").partition(" ")
    if not host:
        return trial.datetime_start is not None and abs(time.time() - trial.datetime_start.timestamp()) < ASKING
    if host != machine():
        return abs(time.time() - trial.user_attrs.get("seen", 0)) < SILENT
    pid, _, started = process.partition(" ")
    return pid != str(os.getpid()) and bool(started) and start_of(int(pid)) == started and not _is_zombie(pid)


def _is_zombie(pid: str) -> bool:
    """Whether a process has ended and nobody has asked how: the helper of a sweep that was killed, in a container."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] == b"Z"
    except (OSError, IndexError):
        return False
