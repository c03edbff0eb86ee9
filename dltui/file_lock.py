"""Locks on files (flock), which end with the process that holds them: taken, and looked at without being taken.

Who looks at a lock shares it for a moment. So who takes it tells two cases apart: that somebody holds it, and that
somebody looks at it in this moment.
"""

import fcntl
import os
import stat
import time
from pathlib import Path

PATIENCE = 5.0  # seconds in which those who only look leave a gap to take it
BETWEEN = 0.001  # seconds
MOST = 1 << 12  # bytes that a lock tells of who holds it


def take(lock: int) -> bool:
    """Takes the lock of an open file; returns whether it did: False where another holds it, or nobody leaves a gap.

    It is held until every descriptor of this opening is closed, those of child processes too. Raises OSError where the
    disk knows no locks.
    """
    until = time.monotonic() + PATIENCE
    while not _locked(lock, fcntl.LOCK_EX):
        if not _locked(lock, fcntl.LOCK_SH):
            return False
        fcntl.flock(lock, fcntl.LOCK_UN)  # it was only a look, which lasts no longer than this
        if time.monotonic() > until:
            return False
        time.sleep(BETWEEN)
    return True


def read_holder(path: Path | str) -> bytes | None:
    """Returns what is written in a lock that somebody holds; None where nobody does, or it cannot be looked at."""
    try:
        # not `open`, which takes twice as long: a list of runs looks at thousands; what is a pipe is not waited for
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        return None
    except BlockingIOError:
        return os.pread(file, MOST, 0) if stat.S_ISREG(os.fstat(file).st_mode) else b""
    except OSError:
        return None
    finally:
        os.close(file)


def is_held(path: Path | str) -> bool:
    """Whether anybody holds a lock."""
    return read_holder(path) is not None


def _locked(lock: int, how: int) -> bool:
    try:
        fcntl.flock(lock, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
