"""What a person asks of a running engine, and what the log says came of it."""

import time
from typing import NamedTuple

from dltui.jobs import engine_control
from dltui.runs.history import History
from dltui.runs.run import Run

NOTCH = 1.25  # a knob turned by one key press
FROM_ZERO = 1e-4  # what a knob at zero is turned up to
TOWARDS_ONE = ("momentum", "beta")  # knobs below 1, of which the distance to 1 counts
PATIENCE = 3.0  # seconds after which it is told that no answer has come
DONE = {
    "pause": "paused",
    "resume": "goes on",
    "step": "one step taken, paused",
    "stop": "stops and saves",
    "show": "shown",
    "save": "saved",
}


class Asked(NamedTuple):
    """A request that no event has answered yet."""

    value: object
    at: float
    id: str  # which the event that answers bears


class RunControls:
    """Sends requests to one run's engine and hears from its log what was done."""

    def __init__(self, run: Run):
        self.run = run
        self.asked: dict[tuple[str, str], Asked] = {}  # (op, key) -> the newest such request
        self.refused: dict[str, str] = {}  # key -> why the newest value for this knob was refused
        self._heard = self._noted = 0  # events of the history that were listened to

    def ask(self, op: str, key: str = "", value: object = None) -> None:
        """Asks for an operation of `dltui.jobs.engine_control.request`. Raises DltuiError where no engine lives."""
        asked = engine_control.request(self.run, op, key, value)
        self.asked[op, key] = Asked(value, time.monotonic(), asked)
        self.refused.pop(key, None)

    def hear(self, history: History) -> str:
        """Returns in words what the events since the last call say about what was asked, '' where they say nothing."""
        told = refused = ""
        for event in history.controls[self._heard :]:
            self._answered(event)
            told = f"step {event['step']:,}: {in_words(event)}"
        for note in history.notes[self._noted :]:
            if place := self._answered(note):
                refused = self.refused[place[1]] = note["text"]
        self._heard, self._noted = len(history.controls), len(history.notes)
        if history.finished:
            self.asked.clear()
        return refused or told

    def _answered(self, event: dict) -> tuple[str, str] | None:
        """Returns the (op, key) that an event answers, which is asked for no longer; None where it is no answer."""
        for place, asked in self.asked.items():
            if asked.id == event.get("id"):
                del self.asked[place]
                return place
        return None

    def waiting(self) -> str:
        """Returns in words what the engine leaves unanswered for long, '' for nothing."""
        late = [place for place, asked in self.asked.items() if time.monotonic() - asked.at > PATIENCE]
        names = ", ".join(f"{op} {key}".strip() for op, key in late)
        return f"asked for: {names}. The engine has not answered yet." if late else ""


def in_words(event: dict) -> str:
    """Returns what a `control` event says was done."""
    if event["op"] == "set":
        return f"{event.get('key', '')} is now {event.get('value', '')}"
    return DONE.get(event["op"], event["op"])


def knobs(history: History, variant: str | None) -> dict[str, float]:
    """Returns the live knobs as they stand: of one variant, or as set for all."""
    if history.started is None:
        return {}
    found = {key: value for key, value in (history.started.get("knobs") or {}).items() if _is_number(value)}
    for event in history.controls:
        if event["op"] == "set" and event["seq"] > history.started["seq"] and _is_number(event.get("value")):
            key = str(event.get("key"))
            of_variant = key.removeprefix(f"{variant}.") if variant else key
            for name in {key, of_variant} & found.keys():
                found[name] = event["value"]
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def turned(key: str, value: float, notches: int) -> float:
    """Returns a knob's value turned up by `notches`, or down where they are negative."""
    times = NOTCH**notches
    name = key.rpartition(".")[2]
    if name.startswith(TOWARDS_ONE):
        return float(f"{max(0.0, 1 - (1 - value) / times):.4g}")
    if value == 0:
        return FROM_ZERO if notches > 0 else 0.0
    if isinstance(value, int):
        return value + (1 if notches > 0 else -1) * max(1, round(abs(value * times - value)))
    return float(f"{value * times:.4g}")
