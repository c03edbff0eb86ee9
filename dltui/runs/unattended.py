"""Events that are added to the log of a run while no engine has it."""

import os

from dltui.runs import engine_lock
from dltui.runs.events import EventLog
from dltui.runs.run import Run


def add(run: Run, kind: str, **fields: object) -> None:
    """Adds an event, synced to the disk. Raises DltuiError (1) where an engine has the run."""
    lock = engine_lock.claim(run)
    try:
        log = EventLog(run.log)
        log.write(kind, **fields)
        log.sync()
        log.close()
    finally:
        os.close(lock)
