"""One run is one folder: how it is made, found, listed, and how it stands.

run.json        id, recipe, overrides, data choice, device, versions, argv, created
recipe.toml     the resolved recipe: `dltui run recipe.toml` repeats the run
events.jsonl    the log
control.jsonl   what the user asked while it ran
frames/         pictures and arrays that events point to
checkpoints/    safetensors and JSON, sha256 beside each
engine.log      the engine's stderr
engine.lock     held by the engine while it lives; its process id inside
"""

import fcntl
import json
import os
import shutil
import time
from pathlib import Path
from typing import NamedTuple

from dltui import paths
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes import check
from dltui.runs import events

LIVE = ("starting", "running", "paused")


class Run(NamedTuple):
    """A run's folder."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def log(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def control(self) -> Path:
        return self.path / "control.jsonl"

    @property
    def recipe_file(self) -> Path:
        return self.path / "recipe.toml"

    @property
    def frames(self) -> Path:
        return self.path / "frames"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def engine_log(self) -> Path:
        return self.path / "engine.log"

    @property
    def lock(self) -> Path:
        return self.path / "engine.lock"

    @property
    def recipe_name(self) -> str:
        """The recipe's name, which the id begins with."""
        return self.id.rsplit("-", 3)[0]

    def info(self) -> dict:
        """What run.json says; {} where it is missing or broken."""
        try:
            return json.loads((self.path / "run.json").read_bytes())
        except (OSError, ValueError):
            return {}


class State(NamedTuple):
    """How a run stands."""

    status: str  # starting, running, paused, done, stopped, failed, diverged, lost (its engine died)
    step: int
    steps: int
    summary: dict[str, float]
    expect: list[dict]
    seconds: float
    error: str

    @property
    def live(self) -> bool:
        return self.status in LIVE

    @property
    def claim_met(self) -> bool | None:
        """Whether every claim was met; None where none was judged."""
        return all(item["ok"] for item in self.expect) if self.expect else None


def create(recipe_name: str, recipe_toml: str, info: dict, *, name: str = "") -> Run:
    """Makes the folder of a new run and returns it. `info` joins run.json; `name` stands in place of the recipe's.

    Raises DltuiError: (2) for a name that cannot name a folder, (1) where the folder cannot be made.
    """
    stem = name or recipe_name
    for problem in check.name_problems(stem):
        raise DltuiError(problem, "Example: --name first-try", ExitStatus.USAGE)
    now = time.time()
    stamp = time.strftime("%Y%m%d-%H%M%S", time.localtime(now))
    # the four digits are the fraction of the second: ids sort by time within a second too
    path = paths.runs() / f"{stem}-{stamp}-{int(now % 1 * 65536):04x}"
    try:
        (path / "frames").mkdir(parents=True)
        (path / "checkpoints").mkdir()
        made = Run(path)
        made.recipe_file.write_text(recipe_toml, encoding="utf-8")
        record = {"id": path.name, "recipe": recipe_name, "created": round(now, 3), **info}
        (path / "run.json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise DltuiError(
            f"{path}: cannot make the run's folder: {error.strerror}.", "Set DLTUI_HOME to a folder you may write to."
        ) from None
    return made


def newest_first() -> list[Run]:
    """Every run, the newest first: by the time in its id, so no file is opened."""
    folder = paths.runs()
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries if entry.name.count("-") >= 3 and entry.is_dir()]
    except OSError:
        return []
    names.sort(key=lambda name: name.rsplit("-", 3)[1:], reverse=True)
    return [Run(folder / name) for name in names]


def find(word: str) -> Run:
    """Returns the run that `word` names: an id, a unique prefix of one, a recipe's name (its latest run), or `last`.

    Raises DltuiError (3) where none is meant, (2) where several are.
    """
    known = newest_first()
    if not known:
        raise DltuiError("There are no runs yet.", "Start one: dltui run mlp-moons", ExitStatus.NOT_FOUND)
    if word == "last":
        return known[0]
    for run in known:
        if word in (run.id, run.recipe_name):
            return run
    meant = [run for run in known if word and run.id.startswith(word)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        listed = ", ".join(run.id for run in meant[:6])
        raise DltuiError(f'"{word}" begins {len(meant)} runs: {listed}.', "Give more of the id.", ExitStatus.USAGE)
    hint = did_you_mean(word, {run.recipe_name for run in known})
    raise DltuiError(f'There is no run "{word}".', f"{hint} See: dltui runs", ExitStatus.NOT_FOUND)


def engine_pid(run: Run) -> int | None:
    """The process id of the engine that holds the run's lock, 0 until it has written it; None where none lives."""
    try:
        with open(run.lock, "rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                held = file.read()
                return int(held) if held.isdigit() else 0
    except OSError:
        pass
    return None


def state(run: Run) -> State:
    """Returns how a run stands, from the tail of its log."""
    last = events.last_event(run.log)
    ended = last is not None and last["kind"] == "finished" and "step" in last and "steps" in last
    found = [last] if ended else events.last_events(run.log)  # of an ended run the last line tells everything
    step, steps, summary, finished, paused = 0, 0, {}, None, False
    for event in found:
        kind = event["kind"]
        if kind == "scalars":
            step = event["step"][-1]
            prefix = f"{event['series']}." if event["series"] else ""
            summary |= {prefix + name: float(values[-1]) for name, values in event["values"].items()}
            finished = None
        elif kind == "started":
            step, steps, finished, paused = event["step"], event["steps"], None, False
        elif kind == "control":
            paused = {"pause": True, "resume": False}.get(event["op"], paused)
        elif kind == "finished":
            finished = event
    if finished:
        numbers = {name: float(value) for name, value in finished["summary"].items()}
        return State(
            finished["status"],
            finished.get("step", step),
            finished.get("steps", steps),
            numbers,
            finished["expect"],
            finished["seconds"],
            finished.get("error") or "",
        )
    alive = engine_pid(run) is not None
    age = time.time() - run.path.stat().st_mtime if run.path.exists() else 0.0
    steps = steps or run.info().get("steps", 0)  # `started` may lie before the tail
    if alive:
        status = "paused" if paused else ("running" if found else "starting")
    else:
        status = "starting" if not found and age < 10 else "lost"
    begun = run.info().get("created", time.time())
    last = time.time() if alive else (found[-1]["t"] if found else begun)
    return State(status, step, steps, summary, [], last - begun, "")


def remove(run: Run) -> None:
    """Deletes a run's folder. Raises DltuiError (1) while its engine lives."""
    if engine_pid(run) is not None:
        raise DltuiError(f"{run.id} is running.", f"Stop it first: dltui stop {run.id}")
    shutil.rmtree(run.path)
