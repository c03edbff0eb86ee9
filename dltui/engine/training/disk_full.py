"""A full disk at the end of a run: what it refuses is tried again while there is hope of room."""

import time
from collections.abc import Callable

from dltui.atomic_write import DISK_FULL

PATIENCE = 10.0  # seconds for whoever sees it to free some space; a cluster kills 30 s after its SIGTERM
PAUSE = 0.5


def patiently(write: Callable[[], object]) -> OSError | None:
    """Calls `write` until it raises no OSError, PATIENCE seconds at most, once where it is no full disk that refuses.

    Returns the last OSError, None where all was written.
    """
    until = time.monotonic() + PATIENCE
    while True:
        try:
            write()
            return None
        except OSError as error:
            if error.errno not in DISK_FULL or time.monotonic() >= until:
                return error
        time.sleep(PAUSE)
