"""DLTUI_MEMORY: the most memory, in GiB, that an engine takes; what wants more ends, and not the machine."""

import os
import resource
import sys
from contextlib import suppress

from dltui.runs.engine_lock import MEMORY_VARIABLE

GIB = 1 << 30


def obey() -> None:
    """Limits the memory of this process and of those that it starts, where the variable says so.

    It counts what is allotted on the host (RLIMIT_DATA of Linux; macOS knows no such limit), not on a GPU.
    """
    given = os.environ.get(MEMORY_VARIABLE, "")
    if not given:
        return
    try:
        most = float(given)
        if not 0 < most < 1 << 20:
            raise ValueError
    except ValueError:
        print(f"{MEMORY_VARIABLE}={given}: no number of GiB above 0; memory is not limited.", file=sys.stderr)
        return
    with suppress(OSError, ValueError):  # a harder limit holds already
        resource.setrlimit(resource.RLIMIT_DATA, (int(most * GIB), int(most * GIB)))
