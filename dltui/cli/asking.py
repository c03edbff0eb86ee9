"""What a command asks of a running engine, and how it learns that it was done."""

import time
from collections.abc import Callable

from dltui.jobs import launch
from dltui.runs import run as runs
from dltui.runs.events import Tail
from dltui.runs.run import Run

PATIENCE = 5.0  # seconds to wait for an answer
LOOK = 0.03


def asked(run: Run, op: str, key: str = "", value: object = None) -> dict | None:
    """Asks for `op` and returns the event that answers: the `control` or `finished` event, or the warning that refuses.

    None where no answer came in time: an engine that is loading its data reads no controls yet. Raises DltuiError
    where no engine runs.
    """
    tail = Tail(run.log)
    for _ in tail.read():
        pass  # what was before is no answer
    launch.control(run, op, key, value)

    def answers(event: dict) -> bool:
        if event["kind"] == "control":
            return event["op"] == op and event.get("key", "") == key
        refused = op == "set" and event["kind"] == "note" and event["level"] == "warning" and key in event["text"]
        return refused or event["kind"] == "finished"

    return _first(tail, answers, lambda: runs.state(run).live)


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


def not_yet(run: Run) -> str:
    """What to say where no answer came."""
    return f"{run.id} was asked and has not answered yet: it may be loading its data. See: dltui attach {run.id}"
