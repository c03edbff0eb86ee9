"""Ends an engine that nobody can see any more: its run's folder is gone, or who alone needs it is."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from dltui.runs.engine_lock import ASKER_VARIABLE

LOOK = 0.5  # seconds between two looks
LEAVE = 5.0  # seconds for its last step and checkpoint


def watch(folder: Path, ask_to_stop: Callable[[], None]) -> None:
    """Looks from now on, in a thread, whether a run is seen. Where it is not, asks the engine to stop, and ends the
    process and all that it started where it has not stopped soon after."""
    begun, asker = folder.stat(), _asker()
    _begin(lambda: _is_gone(folder, begun) or _is_alone(asker), ask_to_stop, LEAVE)


def watch_asker() -> None:
    """Ends the process, from now on, as soon as who waits for its answer is gone."""
    asker = _asker()
    if asker:
        _begin(lambda: _is_alone(asker), lambda: None, 0.0)


def _begin(unseen: Callable[[], str], ask_to_stop: Callable[[], None], leave: float) -> None:
    def look() -> None:
        while not (why := unseen()):
            time.sleep(LOOK)
        with suppress(OSError):
            os.write(sys.stderr.fileno(), f"{why}: it ends.\n".encode())
        ask_to_stop()
        time.sleep(leave)
        if os.getpgrp() == os.getpid():  # an engine leads a group of its own
            os.killpg(0, signal.SIGKILL)
        os._exit(1)

    threading.Thread(target=look, name="watchdog", daemon=True).start()


def _asker() -> int:
    """The process id of who started us and needs us for itself, 0 where nobody does; what we start has another."""
    given = os.environ.pop(ASKER_VARIABLE, "")
    return int(given) if given.isdigit() else 0


def _is_alone(asker: int) -> str:
    return f"process {asker}, which asked for this, is gone" if asker and os.getppid() != asker else ""


def _is_gone(folder: Path, begun: os.stat_result) -> str:
    """Why a folder is not the one that it was; '' where it is, or where a disk does not tell."""
    try:
        return "" if os.path.samestat(folder.stat(), begun) else f"{folder} is another folder by now"
    except (FileNotFoundError, NotADirectoryError):
        return f"{folder} is gone"
    except OSError:
        return ""
