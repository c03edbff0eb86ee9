"""The engine's process: `python -m dltui.engine RUN_DIR`. Every exception becomes a `finished` event."""

import fcntl
import os
import sys
import time
import traceback
from pathlib import Path
from typing import IO

from dltui.engine.training.control import Control
from dltui.errors import DltuiError, ExitStatus
from dltui.runs.events import EventLog
from dltui.runs.run import Run, state


def hold(run: Run) -> IO[str]:
    """Returns the run's lock, held for as long as it stays open. Raises DltuiError where another engine holds it."""
    lock = open(run.lock, "a+", encoding="utf-8")  # noqa: SIM115 it is held until the process ends
    while not _locked(lock, fcntl.LOCK_EX):
        if not _locked(lock, fcntl.LOCK_SH):
            with lock:
                lock.seek(0)
                holder = lock.read().strip() or "unknown"
            raise DltuiError(f"{run.id} is running already, as process {holder}.", f"Watch it: dltui attach {run.id}")
        fcntl.flock(lock, fcntl.LOCK_UN)  # it was only a look of run.engine_pid, which lasts no longer than this
        time.sleep(0.001)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _locked(lock: IO[str], how: int) -> bool:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def main(arguments: list[str]) -> int:
    """Runs the run in the folder that is given; returns the exit status that `finished` names."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("usage: python -m dltui.engine RUN_DIR", file=sys.stderr)
        return ExitStatus.USAGE
    run = Run(Path(arguments[0]).resolve())
    control = Control(run.control)
    try:
        lock = hold(run)
    except DltuiError as error:
        print(error, file=sys.stderr)
        return error.status
    control.listen()
    log = EventLog(run.log)
    try:
        return _guarded(run, log, control)
    finally:
        log.close()
        lock.close()


def _guarded(run: Run, log: EventLog, control: Control) -> int:
    try:
        from dltui.engine.training.session import run_recipe  # torch: 2 s, after the lock is held

        return run_recipe(run, log, control)
    except DltuiError as error:
        return _failed(run, log, error.message, error.hint, error.status)
    except Exception as error:
        traceback.print_exc()
        if _is_out_of_memory(error):
            hint = "Take fewer rows or a smaller model, or a device with more memory: dltui doctor"
            return _failed(run, log, "out of memory while it looked at the result.", hint, ExitStatus.DEVICE)
        text = f"{type(error).__name__}: {error}"
        return _failed(run, log, text, f"The whole story is in {run.engine_log}", ExitStatus.FAILED)


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError):
        return True
    from dltui.engine.device.device import is_out_of_memory

    return is_out_of_memory(error)


def _failed(run: Run, log: EventLog, error: str, hint: str, status: ExitStatus) -> int:
    print(error, hint, file=sys.stderr)
    stood = state(run)
    log.write(
        "finished", status="failed", exit=int(status), step=stood.step, steps=stood.steps, summary={}, expect=[],
        seconds=round(stood.seconds, 3), error=error, hint=hint,
    )  # fmt: skip
    return status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
