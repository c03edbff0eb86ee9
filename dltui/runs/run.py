"""One run is one folder: how it is made, found, listed, and how it stands.

run.json        id, recipe, overrides, data choice and its commit, device, versions, argv, created
recipe.toml     the resolved recipe: `dltui run recipe.toml` repeats the run
events.jsonl    the log
kinds/          files of kinds that the recipe names: what the user's held when the run began
control.jsonl   what the user asked while it ran
frames/         pictures and arrays that events point to
checkpoints/    safetensors and JSON, sha256 beside each
engine.log      the engine's stderr
exports.json    which files were exported, so that the next export may write over them (see exported.py)
annotations.json  what the user noted: name, tags, note, group, pin (see annotations.py)
engine.lock     held by the engine while it lives; inside, which process that is (see engine_lock.py)
"""

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from dltui import paths, regular_file
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes import check, files
from dltui.runs import annotations, cluster_job, engine_lock, events, schema
from dltui.runs.annotations import Annotations

LIVE = ("starting", "running", "paused")
ATTEMPTS = 1000  # to find an id that no other run has
LARGEST_RECORD = 16 << 20  # bytes of run.json
YOUNG = 10.0  # seconds between the making of a run's folder and of its lock, at most


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
    def has_checkpoint(self) -> bool:
        """Whether there is something that the run can go on from."""
        return any(self.checkpoints.glob("step-*.safetensors"))

    @property
    def is_there(self) -> bool:
        """Whether this is the folder of a run."""
        return os.path.isfile(self.log) or os.path.isfile(self.path / "run.json")

    @property
    def word(self) -> str:
        """What a command that reads it is to be given: its id, or its folder where that is not among our runs."""
        return self.id if self.path.parent == paths.runs() else str(self.path)

    @property
    def recipe_name(self) -> str:
        """The recipe's name, which the id begins with."""
        return self.id.rsplit("-", 3)[0]

    @property
    def annotations(self) -> Annotations:
        """What the user noted about it, read now."""
        return annotations.read(self.path)

    def info(self) -> dict:
        """What run.json says, its fields checked (see schema.py); what is missing or broken has its default, if any."""
        try:
            return schema.record(events.parsed(regular_file.read(f"{self.path}/run.json", LARGEST_RECORD)))
        except (OSError, ValueError):
            return schema.record(None)


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


def new_id(stem: str) -> str:
    """Returns the id of a run that is made now. Its last four digits are the fraction of the second: ids sort by time
    within a second too."""
    now = time.time()
    return f"{stem}-{time.strftime('%Y%m%d-%H%M%S', time.localtime(now))}-{int(now % 1 * 65536):04x}"


def create(
    recipe_name: str,
    recipe_toml: str,
    info: dict,
    *,
    name: str = "",
    run_id: str = "",
    files: Mapping[str, bytes] = MappingProxyType({}),
) -> Run:
    """Makes the folder of a new run and returns it. `info` joins run.json; `name` stands in place of the recipe's.

    run_id: of `new_id`, where it was decided before. files: what else lies in its folder, name -> bytes.
    Raises DltuiError: (2) for a name that cannot name a folder, (1), with the OSError as its cause, where the folder
    cannot be made.
    """
    now, stem = time.time(), name or recipe_name
    for problem in begun_name_problems(name) if name else check.name_problems(stem):
        raise DltuiError(problem, "Example: --name first-try", ExitStatus.USAGE)
    path = paths.runs() / (run_id or new_id(stem))
    try:
        path = _claimed(path, None if run_id else stem)
        made = Run(path)
        made.frames.mkdir(0o700)
        made.checkpoints.mkdir(0o700)
        record = {"id": path.name, "recipe": recipe_name, "created": round(now, 3), **info}
        for file, data in files.items():
            (path / file).parent.mkdir(0o700, exist_ok=True)
            _write(path / file, data)
        _write(made.recipe_file, recipe_toml.encode())
        _write(path / "run.json", json.dumps(record, indent=1, ensure_ascii=False).encode() + b"\n")
    except OSError as error:
        if not isinstance(error, FileExistsError):
            shutil.rmtree(path, ignore_errors=True)  # half a run is none
        raise DltuiError(
            f"{path}: cannot make the run's folder: {error.strerror}.", "Set DLTUI_HOME to a folder you may write to."
        ) from error
    return made


def begun_name_problems(name: str) -> Iterator[str]:
    """What is wrong with a name under which a run is to be begun: its id begins with it, and it is found by it."""
    yield from check.name_problems(name)
    if reserved := annotations.reserved_problem(name):
        yield reserved


def _claimed(path: Path, stem: str | None) -> Path:
    """Makes a run's folder, which nobody else has made, and returns it; with `stem` under another id where this one is
    taken: several runs may start in the same fraction of a second."""
    paths.make(path.parent)
    for _ in range(ATTEMPTS):
        try:
            path.mkdir(0o700)
            return path
        except FileExistsError:
            if stem is None:
                raise
            time.sleep(1 / 65536)
            path = path.with_name(new_id(stem))
    path.mkdir(0o700)
    return path


def _write(path: Path, data: bytes) -> None:
    with open(path, "wb", opener=paths.private) as file:
        file.write(data)


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
    """Returns the run that `word` names: `last`; its id; a recipe's name (its latest run); the name that was given to
    it; the beginning of its id or its last four digits. What comes first counts.

    Raises DltuiError (3) where none is meant, (2) where several are.
    """
    known = newest_first()
    if word == "last" and known:
        return known[0]
    for run in known:
        if word == run.id:
            return run
    if found := _by_name(word, known):
        return found
    if fault := never_run(word):  # and not a run of another recipe, whose name begins so
        raise fault
    meant = [run for run in known if word and (run.id.startswith(word) or run.id.endswith(f"-{word}"))]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise _several(f'"{word}" begins {len(meant)} runs', meant, "Give more of the id.")
    if not known:
        raise DltuiError("There are no runs yet.", "Start one: dltui run mlp-moons", ExitStatus.NOT_FOUND)
    names = {run.annotations.name for run in known} - {""}
    hint = did_you_mean(word, {run.recipe_name for run in known} | names)
    raise DltuiError(f'There is no run "{word}".', f"{hint} See: dltui runs", ExitStatus.NOT_FOUND)


def _by_name(word: str, known: Sequence[Run]) -> Run | None:
    """The newest run of a recipe, or begun under a name, or the one to which this name was given.

    Raises DltuiError (2) where that is more than one, which naming a run prevents, and copying its folder does not.
    """
    begun = next((run for run in known if run.recipe_name == word), None)
    if begun and word in files.files():
        return begun
    named = given(word, known)
    if len(named) > 1:
        raise _several(f'"{word}" is the name of {len(named)} runs', named, "Give the id of one.")
    if named and begun and named[0] != begun:
        what = f'"{word}" is the name of {named[0].id}, and {begun.id} was begun under it.'
        raise DltuiError(what, "Give the id of one.", ExitStatus.USAGE)
    return named[0] if named else begun


def given(name: str, known: Sequence[Run]) -> list[Run]:
    """Returns those of the runs to which this name was given, whatever its letters' size."""
    wanted = name.casefold()
    return [run for run in known if wanted and run.annotations.name.casefold() == wanted]


def _several(what: str, meant: Sequence[Run], hint: str) -> DltuiError:
    listed = ", ".join(run.id for run in meant[:6])
    return DltuiError(f"{what}: {listed}.", hint, ExitStatus.USAGE)


def find_to_read(word: str) -> Run:
    """Returns the run that `word` names as `find` does, or as the path of its folder, wherever that is.

    Raises DltuiError as `find`, and (3) where a path leads to no run.
    """
    if "/" not in word and word not in (".", ".."):
        try:
            return find(word)
        except DltuiError as error:
            if error.status is ExitStatus.NOT_FOUND and Run(Path(word)).is_there:
                error.hint = f"The run in the folder here: ./{word}"
            raise
    run = Run(Path(word).expanduser().resolve())
    if run.is_there:
        return run
    if not run.path.is_dir():
        raise DltuiError(f"{word}: there is no such folder.", "See: dltui runs", ExitStatus.NOT_FOUND)
    inside = sorted(str(Path(word, path.name)) for path in run.path.iterdir() if Run(path).is_there)
    listed = ", ".join(inside[:6]) + (", ..." if len(inside) > 6 else "")
    hint = f"Runs are in it: {listed}" if inside else "A run's folder holds events.jsonl and run.json."
    raise DltuiError(f"{word} is not the folder of a run.", hint, ExitStatus.NOT_FOUND)


def never_run(word: str) -> DltuiError | None:
    """The error (3) where `word` names a recipe of which there is no run; None where it names no recipe."""
    if word not in files.files():
        return None
    return DltuiError(f"{word} was never run here.", f"Run it: dltui run {word}", ExitStatus.NOT_FOUND)


def engine_pid(run: Run) -> int | None:
    """The process id of the run's engine, 0 until it is known and where it is on another machine; None where none
    lives. A process that holds the lock and is no engine counts for none."""
    held = engine_lock.holder(run.lock)
    return held.pid if held and held.known else None


def state(run: Run) -> State:
    """Returns how a run stands, from the tail of its log."""
    folder = str(run.path)  # a Path for each file of thousands takes longer than a look at it
    held = engine_lock.holder(f"{folder}/engine.lock")  # before the log: who has gone by then has written all of it
    last = events.last_event(f"{folder}/events.jsonl")
    ended = last is not None and tells_all(last)
    found = [last] if ended else events.last_events(run.log)  # of an ended run the last line tells everything
    alive, first = held is not None and held.known, held.first if held else 0
    step, steps, summary, finished, paused = 0, 0, {}, None, False
    for event in found:
        kind = event["kind"]
        if kind == "scalars":
            step = event["step"][-1]
            prefix = f"{event['series']}." if event["series"] else ""
            if not event.get("machine"):
                summary |= {prefix + name: float(values[-1]) for name, values in event["values"].items()}
            finished = None
        elif kind == "started":
            step, steps, finished, paused = event["step"], event["steps"], None, False
        elif kind == "control" and event["seq"] >= first:
            paused = events.PAUSES.get(event["op"], paused)
        elif kind == "finished":
            finished, step, steps = event, event.get("step", step), event.get("steps", steps)
    goes_on = alive and finished and finished["seq"] < first  # an engine, from there; or a job will
    if finished and not goes_on and not (last is not finished and cluster_job.waits(folder)):
        return at_end(finished | {"step": step, "steps": steps})
    if finished or not steps:  # it may be longer now; or `started` lies before the tail
        steps = run.info()["steps"] or steps
    if alive:
        written = bool(found) and found[-1]["seq"] >= first  # by this engine; else it goes on from what is there
        status = "paused" if paused else ("running" if written else "starting")
    else:
        away = cluster_job.is_away(folder)  # and as it was when it was last looked at
        coming = (away and not found) or cluster_job.waits(folder) or (not found and _is_being_made(run))
        status = "starting" if coming else "running" if away else "lost"
    begun = run.info().get("created", time.time())
    last = time.time() if alive else (found[-1]["t"] if found else begun)
    return State(status, step, steps, summary, [], max(0.0, last - begun), "")


def tells_all(last: dict) -> bool:
    """Whether the last event of a log, of which no engine is alive, says how the run stands."""
    return last["kind"] == "finished" and "step" in last and "steps" in last


def at_end(finished: dict) -> State:
    """Returns how a run stands that ended with this event."""
    summary = {name: float(value) for name, value in finished.get("summary", {}).items()}
    return State(
        finished["status"],
        finished["step"],
        finished["steps"],
        summary,
        finished.get("expect", []),
        finished.get("seconds", 0.0),
        finished.get("error") or "",
    )


def _is_being_made(run: Run) -> bool:
    """Whether a folder is so new that its engine may be started in this moment; a clock may be a little ahead."""
    try:
        return not (run.lock.exists() or run.log.exists()) and -YOUNG < time.time() - run.path.stat().st_mtime < YOUNG
    except OSError:
        return False


def remove(run: Run) -> None:
    """Deletes a run's folder. Raises DltuiError (1) while its engine lives, or its lock is held by somebody else."""
    if held := engine_lock.holder(run.lock):
        if not held.known:
            raise engine_lock.refusal(run, held)
        raise DltuiError(f"{run.id} is running.", f"Stop it first: dltui stop {run.id}")
    shutil.rmtree(run.path)
