"""What the user is told of the end, a failure or a standstill of a run, and how a command or an address is told."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

import dltui
from dltui.jobs import launch
from dltui.jobs.notify_settings import NotifySettings
from dltui.runs import run as runs
from dltui.runs.run import Run, State
from dltui.text import clean_line

Event = Literal["end", "failure", "stalled"]
LIMIT = 10.0  # seconds that a command or an address may take
LONGEST = 300  # characters of a reason
VALUES = 3  # of a summary
FAILED = ("failed", "diverged", "lost")


class Notice(NamedTuple):
    """facts: what JSON tells besides; each value that is a text or a number stands in a variable too."""

    event: Event
    title: str
    text: str
    facts: Mapping[str, object]

    @property
    def as_json(self) -> dict[str, object]:
        return {"event": self.event, "title": self.title, "text": self.text, **self.facts}

    @property
    def variables(self) -> dict[str, str]:
        """DLTUI_NOTIFY_EVENT, _TITLE, _TEXT, _STATUS and so on."""
        plain = {name: value for name, value in self.as_json.items() if isinstance(value, str | int | float)}
        return {f"DLTUI_NOTIFY_{name.upper()}": clean_line(value) for name, value in plain.items()}


def made(event: Event, command: str, subject: str, said: str, **facts: object) -> Notice:
    """Returns a notice about `subject`, a run or a sweep. said: what became of it."""
    title = f"dltui {command}: {clean_line(subject)}"
    told = {"command": command, "subject": clean_line(subject), "time": round(time.time(), 3), **facts}
    return Notice(event, title, cut(said), told)


def of_run(command: str, run: Run, exit_status: int) -> Notice:
    """Returns the notice of a run's end."""
    state, event = runs.state(run), "end"
    reason = clean_line(state.error)
    if state.status in FAILED:
        event = "failure"
        reason = reason or clean_line(launch.last_words(run, 1))
    said = f"{_status(state)} at step {state.step:,} of {state.steps:,} after {in_words(state.seconds)}"
    values = ", ".join(f"{name} {value:.4g}" for name, value in _values(state))
    said += f": {reason}" if reason else f": {values}" if values else ""
    return made(event, command, _called(run), said, **_facts(run, state), exit=int(exit_status), reason=cut(reason))


def stalled(command: str, run: Run, seconds: float) -> Notice:
    """Returns the notice that nothing has moved in a run for so long."""
    state = runs.state(run)
    said = f"nothing has moved for {in_words(seconds)}: {state.status} at step {state.step:,} of {state.steps:,}"
    return made("stalled", command, _called(run), said, **_facts(run, state), stalled=round(seconds, 1), reason=said)


def cut(text: str) -> str:
    """Returns a text on one line, cleaned, and no longer than a notification shows."""
    text = clean_line(text)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def in_words(seconds: float) -> str:
    """Returns 42 s, 12 min, 3 h 20 min."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(int(seconds // 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _called(run: Run) -> str:
    name = run.annotations.name
    return f"{name} ({run.id})" if name else run.id


def _status(state: State) -> str:
    return state.status + {True: ", claim met,", False: ", claim not met,", None: ""}[state.claim_met]


def _values(state: State) -> list[tuple[str, float]]:
    claimed = [item["name"] for item in state.expect if item["name"] in state.summary]
    others = [name for name in state.summary if not name.endswith((".first", ".min", ".max"))]
    return [(clean_line(name), state.summary[name]) for name in (claimed or others)[:VALUES]]


def _facts(run: Run, state: State) -> dict[str, object]:
    summary = {clean_line(name): value if abs(value) < float("inf") else str(value)
               for name, value in state.summary.items()}  # fmt: skip
    told = {"run": run.id, "name": run.annotations.name, "path": str(run.path), "recipe": run.info().get("recipe", "")}
    told |= {"status": state.status, "step": state.step, "steps": state.steps, "seconds": round(state.seconds, 1)}
    return told | {"claim": {True: "met", False: "missed", None: "none"}[state.claim_met], "summary": summary}


# -- ways to tell it ---------------------------------------------------------------------------------------------------


class Deliveries:
    """Notices on their way, each in a thread: whoever trains or watches does not wait for them until the end."""

    def __init__(self, settings: NotifySettings):
        self._settings = settings
        self._going: list[tuple[str, threading.Thread]] = []
        self._problems: list[str] = []

    def send(self, notice: Notice) -> None:
        """Tells the user's command and address of it."""
        if self._settings.command:
            self._begin(f"command {self._settings.command[0]}", lambda: _run(self._settings.command, notice))
        if self._settings.url:
            self._begin(f"url {_host(self._settings.url)}", lambda: _post(self._settings.url, notice))

    def wait(self) -> list[str]:
        """Waits, LIMIT seconds and a little, until all is delivered; returns in words what could not be."""
        until = time.monotonic() + LIMIT + 1
        for what, thread in self._going:
            thread.join(max(0.0, until - time.monotonic()))
            if thread.is_alive():  # a name server that does not answer knows no limit
                self._problems.append(f"notify: {what}: no answer within {LIMIT:.0f} s.")
        self._going.clear()
        problems, self._problems = self._problems, []
        return list(dict.fromkeys(problems))

    def _begin(self, what: str, deliver) -> None:
        def work() -> None:
            try:
                deliver()
            except (OSError, ValueError, subprocess.SubprocessError) as error:
                self._problems.append(clean_line(f"notify: {what}: {_reason(error)}."))

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        self._going.append((what, thread))


def _run(command: tuple[str, ...], notice: Notice) -> None:
    told = json.dumps(notice.as_json).encode()
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
        env=os.environ | notice.variables,
    )  # fmt: skip
    try:
        _, said = process.communicate(told, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise
    if process.returncode:
        last = said.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise OSError(f"it ended with status {process.returncode}{f': {last[:LONGEST]}' if last else ''}")


def _post(url: str, notice: Notice) -> None:
    from urllib.request import Request, urlopen  # 30 ms, only where it is used

    headers = {"Content-Type": "application/json", "User-Agent": f"dltui/{dltui.__version__}"}
    with urlopen(Request(url, json.dumps(notice.as_json).encode(), headers), timeout=LIMIT):
        pass


def _host(url: str) -> str:
    """An address as it may be shown: what follows the host may be a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}"


def _reason(error: Exception) -> str:
    if isinstance(error, subprocess.TimeoutExpired) or isinstance(getattr(error, "reason", error), TimeoutError):
        return f"no answer within {LIMIT:.0f} s"
    if hasattr(error, "code"):
        return f"it answers {error.code}"
    found = getattr(error, "reason", error)
    return (getattr(found, "strerror", None) or str(found)).rstrip(".")
