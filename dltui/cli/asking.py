"""What a command asks of a running engine, and how it learns that it was done."""

import time
from collections.abc import Callable

from dltui.errors import DltuiError
from dltui.jobs import engine_control
from dltui.runs import run as runs
from dltui.runs.events import Tail
from dltui.runs.run import Run

PATIENCE = 5.0  # seconds to wait for an answer
LOOK = 0.03


def asked(run: Run, op: str, key: str = "", value: object = None) -> dict | None:
    """Asks for `op` and returns the event that answers this request: `control` where it was done, the `note` that
    refuses it, or `finished`.

    None where no answer came in time: an engine that is loading its data reads no controls yet. Raises DltuiError
    where no engine runs.
    """
    tail = Tail(run.log)
    tail.skip()  # what was before is no answer
    asked = engine_control.request(run, op, key, value)
    return _first(
        tail,
        lambda event: event.get("id") == asked or event["kind"] == "finished",
        lambda: runs.state(run).live,
    )


def _first(tail: Tail, wanted: Callable[[dict], bool], going_on: Callable[[], bool]) -> dict | None:
    until = time.monotonic() + PATIENCE
    alive = True
    while alive and time.monotonic() < until:
        alive = going_on()
        for event in tail.read():
            if wanted(event):
                return event
        time.sleep(LOOK)
    return None


def ended(run: Run, seconds: float) -> bool:
    """Waits until a run's engine has gone; returns whether it has."""
    until = time.monotonic() + seconds
    while runs.engine_pid(run) is not None:
        if time.monotonic() > until:
            return False
        time.sleep(LOOK)
    return True


def not_yet(run: Run, hint: str = "") -> DltuiError:
    """The error (1) where no answer came."""
    text = f"{run.id} was asked and has not answered yet: it may be loading its data, and does it later then."
    return DltuiError(text, hint or f"See: dltui attach {run.id}")
