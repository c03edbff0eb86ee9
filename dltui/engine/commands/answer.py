"""The engine's entries that answer once: JSON on stdout, a fault too, with the exit status that it names."""

import contextlib
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable

from dltui.engine.training import watchdog
from dltui.errors import DltuiError, ExitStatus
from dltui.runs.events import cleaned
from dltui.text import clean_line

PROGRESS_SECONDS = 0.2


def progress() -> Callable[[str], None]:
    """Returns what tells whoever asked how far the work is, now and then. To be made before `answer` is called, which
    sends what is printed to stderr."""
    out, told = os.dup(1), 0.0

    def report(text: str) -> None:
        nonlocal told
        if time.perf_counter() - told > PROGRESS_SECONDS:
            told = time.perf_counter()
            os.write(out, json.dumps({"progress": clean_line(text)}).encode() + b"\n")

    return report


def _leave(number: int, frame: object) -> None:
    """Ends the process such that what is half made is deleted."""
    raise SystemExit(128 + number)


def answer(work: Callable[[], dict]) -> int:
    """Prints what `work` returns, or the error that it raised, as one line of JSON. Returns the exit status.

    The process ends where nobody waits for the answer any more, and cleans up where it is told to end.
    """
    watchdog.watch_asker()
    signal.signal(signal.SIGTERM, _leave)
    with contextlib.redirect_stdout(sys.stderr):  # nothing that a library prints joins the answer
        try:
            result, status = work(), ExitStatus.OK
        except DltuiError as error:
            result = {"error": error.message, "hint": error.hint, "exit": int(error.status)}
            status = error.status
        except (Exception, SystemExit) as error:
            from dltui.engine.contracts import own_parts  # torch, which some entries do without

            told = own_parts.told(error)
            if told is None:
                raise
            traceback.print_exc()
            result, status = {"error": told.message, "hint": told.hint, "exit": int(told.status)}, told.status
    print(json.dumps(cleaned(result), ensure_ascii=False), flush=True)
    return status
