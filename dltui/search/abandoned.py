"""Trials of other processes: those that these still make, and those that they have left behind."""

import os
import socket
import time
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


def asker() -> str:
    """This process, as a trial remembers who asked for it: machine, process id, and when that process started."""
    return f"{socket.gethostname()} {os.getpid()} {start_of(os.getpid())}"


def settle(study: "optuna.Study", plan: Plan) -> list[int]:
    """Trials whose asker is gone get what their runs came to, or are given up where these came to nothing.

    Not to be called while trials of this process are open. Returns the numbers of those that others still make.
    """
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
            study.tell(trial.number, value, TrialState.FAIL if error else None, skip_if_finished=True)
    return awaited


def _lives(trial: "optuna.trial.FrozenTrial") -> bool:
    """Whether the process that asked for a trial is another one and lives, as far as one can see from here."""
    host, _, process = trial.user_attrs.get("asker", "").partition(" ")
    if not host:
        return trial.datetime_start is not None and time.time() - trial.datetime_start.timestamp() < ASKING
    if host != socket.gethostname():
        return abs(time.time() - trial.user_attrs.get("seen", 0)) < SILENT
    pid, _, started = process.partition(" ")
    return pid != str(os.getpid()) and bool(started) and start_of(int(pid)) == started
