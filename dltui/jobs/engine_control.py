"""What a run's engine is asked for while it runs, and how it is ended at once, whoever started it."""

import json
import os
import secrets
import signal
import time

from dltui.errors import DltuiError
from dltui.runs import cluster_job, engine_lock
from dltui.runs import run as runs
from dltui.runs.run import Run

PATIENCE = 10.0  # seconds for an engine to be started
CONTROLS = "The engine is asked by this file: free some space, or see: dltui doctor"


def request(run: Run, op: str, key: str = "", value: object = None) -> str:
    """Asks a running engine for `op`: pause, resume, step, stop, show, save, set. Returns the request's id.

    The event that answers bears it: `control` where it was done, a `note` where it was refused. Raises DltuiError where
    no engine runs, or where the request cannot be written.
    """
    _check_here(run, op)
    state = runs.state(run)
    if not state.live:
        hint = "" if state.status == "done" else f"Go on with it: dltui run --resume {run.id}"
        raise DltuiError(f"{run.id} is not running: it is {state.status}.", hint)
    request = {"id": secrets.token_hex(6), "t": round(time.time(), 3), "op": op}
    line = json.dumps(request | ({"key": key, "value": value} if key else {}), ensure_ascii=False).encode() + b"\n"
    try:
        file = os.open(run.control, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            whole = os.write(file, line) == len(line)  # one write: two people who ask at once do not mix their lines
        finally:
            os.close(file)
    except OSError as error:
        raise DltuiError(f"{run.control}: cannot be written: {error.strerror}.", CONTROLS) from None
    if not whole:
        raise DltuiError(f"{run.control}: cannot be written: the disk is full.", CONTROLS)
    return request["id"]


def kill(run: Run) -> bool:
    """Ends a run's engine and all that it started, at once; returns whether there was one.

    Raises DltuiError where the lock is held by another machine's engine or by no engine at all, or where nobody tells
    in time which process the engine is.
    """
    _check_here(run, "stop --now")
    until = time.monotonic() + PATIENCE
    while (held := engine_lock.holder(run.lock)) or runs.state(run).live:
        if held and not held.known:
            raise engine_lock.refusal(run, held)
        if held and held.host:
            raise DltuiError(f"{run.id} is running on {held.host}.", f"End it there: dltui stop {run.id} --now")
        if held and held.pid:
            return _killed(held.pid)
        if time.monotonic() > until:
            raise DltuiError(f"{run.id} has no engine yet that could be ended.", f"See: dltui attach {run.id}")
        time.sleep(0.02)
    return False


def _check_here(run: Run, op: str) -> None:
    """Raises DltuiError where a run is on a machine over ssh: its engine reads no file of this one."""
    if cluster_job.is_away(run.path):
        raise DltuiError(f"{run.id} is on {cluster_job.of(run.path).on}.", f"It is asked there: dltui {op} {run.id}")


def _killed(pid: int) -> bool:
    """Ends a process and, where it leads a group of its own as an engine does, the group; False where it is gone."""
    try:
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    except PermissionError:
        raise DltuiError(f"Process {pid} is another user's.", "Only they can end it.") from None
    return True
