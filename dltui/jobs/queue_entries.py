"""The entries of DLTUI_HOME/queue: one file each, and one rename from a state to the next.

NNNN.json           waits: the resolved recipe, and what was asked as `launch.start` takes it; what the files of kinds
                    held that it names
NNNN.RUN.starting   the same while its engine is started as RUN. Who starts it holds the lock of this file
NNNN.failed         the same as .json, with the `error` for which no engine could be started
order               once one was moved: when each was added, in the order in which they start; later ones follow

A kill or a full disk leaves an entry in one of them, and what became of a start is told by what is there, not by who
left it: a run that has a log has begun, and is no entry any more; else it is starting as long as somebody holds this
lock or, handed on from who starts it to the engine, the run's; else it waits as before.
"""

import fcntl
import json
import math
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Literal, NamedTuple

from dltui import file_lock, paths
from dltui.atomic_write import replacing
from dltui.errors import DltuiError
from dltui.jobs import notify_settings
from dltui.recipes import check
from dltui.recipes.overrides import written
from dltui.runs import run as runs
from dltui.runs.run import Run

SUFFIXES = (".json", ".starting", ".failed")


class Entry(NamedTuple):
    """A run that waits. `number` names it, in the order of adding."""

    number: int
    recipe: str
    overrides: dict[str, object]
    full: bool
    device: str
    added: float  # seconds since 1970
    error: str  # why no engine could be started; '' while it waits
    path: Path
    state: Literal["waits", "starting", "failed"] = "waits"
    run: str = ""  # the id of the run that it is started as, or that a start which was cut off has left
    notify: float | bool | None = None  # minutes after which a standstill is told of, 0 for never; False: nothing is
    # told; None: notify.toml decides


def folder() -> Path:
    """Where the entries lie."""
    return paths.home() / "queue"


def entries() -> list[Entry]:
    """What waits, is being started, or could not be started, in order."""
    files, before = _files(), None
    while files != before:  # else one went to its next state meanwhile, and may have been seen in neither
        found = [entry for path in files if (entry := _entry(path))]
        before, files = files, _files()
    places = {added: place for place, added in enumerate(_order())}
    return sorted(found, key=lambda entry: places.get(entry.added, len(places)))


def pending() -> list[Entry]:
    """What has still to begin, in order: it waits, or its engine is on its way."""
    return [entry for entry in entries() if entry.state != "failed"]


def new_path() -> Path:
    """Returns where the next entry goes, after all that are there; for who holds the lock of adding."""
    return folder() / f"{max(map(_number, folder().glob('*')), default=0) + 1:04d}.json"


def write(path: Path, asked: object) -> None:
    """Writes a whole file or none. Raises OSError."""
    with replacing(path, "w", synced=True, encoding="utf-8", opener=paths.private) as file:
        file.write(json.dumps(asked))


def as_texts(files: Mapping[str, bytes]) -> dict[str, str]:
    """Returns files as JSON can hold them, each byte as it is."""
    return {name: data.decode("utf-8", "surrogateescape") for name, data in files.items()}


def as_bytes(texts: Mapping[str, str]) -> dict[str, bytes]:
    """Returns what `as_texts` was given."""
    return {name: text.encode("utf-8", "surrogateescape") for name, text in texts.items()}


# -- reading -----------------------------------------------------------------------------------------------------------


def _files() -> list[Path]:
    found = ((_number(path), path) for path in folder().glob("*") if path.suffix in SUFFIXES)
    return [path for number, path in sorted(found) if number]


def _stem(path: Path) -> str:
    return path.name.partition(".")[0]


def _number(path: Path) -> int:
    number = _stem(path)
    return int(number) if number.isascii() and number.isdigit() else 0


def _run_of(path: Path) -> Run | None:
    """The run that a `.starting` names; None in a queue of an earlier dltui, which named none."""
    run_id = path.stem.partition(".")[2]
    return Run(paths.runs() / run_id) if check.NAME.fullmatch(run_id) else None


def _order() -> list[float]:
    try:
        order = json.loads((folder() / "order").read_bytes())
    except (OSError, ValueError, RecursionError):
        return []
    return [added for added in order if isinstance(added, float)] if isinstance(order, list) else []


def _entry(path: Path) -> Entry | None:
    """None where the entry has just left the queue, or is a run by now; one with an error where its file is broken."""
    run, state = _run_of(path), "failed" if path.suffix == ".failed" else "waits"
    if path.suffix == ".starting":
        # first: once nobody holds either, what is there stays so
        on_its_way = file_lock.is_held(path) or (run is not None and runs.engine_pid(run) is not None)
        if run and run.log.exists():
            with suppress(OSError):
                path.unlink(missing_ok=True)
            return None
        state = "starting" if on_its_way else "waits"
    try:
        return checked(path, json.loads(path.read_bytes()), state, run.id if run else "")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, ArithmeticError, TypeError, AttributeError, RecursionError) as error:
        why = f"{path.name} is broken ({type(error).__name__}: {error}). Remove it: dltui queue rm {_number(path)}"
        return Entry(_number(path), "?", {}, False, "auto", 0.0, why, path, "failed")


def checked(path: Path, asked: dict, state: str = "waits", run: str = "") -> Entry:
    """Returns the entry of a file that says `asked`.

    Raises what its wrong types and values raise where that is not what is written for one that is added.
    """
    start, added, recipe = asked["start"], float(asked["added"]), asked["table"]["name"]
    overrides, full, device = start.get("overrides", {}), bool(start.get("full")), str(start.get("device", "auto"))
    for name in (recipe, start.get("name") or recipe):  # they name files
        for problem in check.name_problems(name):
            raise ValueError(problem)
    for key, value in overrides.items():
        written(key, value)  # as whoever shows it will
    if not math.isfinite(added):
        raise ValueError(f"added: {added}")
    error = str(asked.get("error") or "Why could not be written: the disk was full.") if state == "failed" else ""
    notify = asked.get("notify")
    if notify is not None and notify is not False:
        notify = notify_settings.minutes(notify)
    return Entry(_number(path), recipe, overrides, full, device, added, error, path, state, run, notify)


# -- from a state to the next: for the one process that works the queue off --------------------------------------------


def claim(entry: Entry) -> tuple[IO[bytes], dict, Entry] | None:
    """Takes an entry that waits, to be started as a new run.

    Returns its file, locked until it is closed; what was asked; and the entry, now `starting`.
    None where it left the queue meanwhile, or somebody resumes the run that it left. Raises what a broken file or a
    full disk raise, the entry as it was.
    """
    try:
        file = open(entry.path, "rb")  # noqa: SIM115 whoever starts it closes it
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        asked = json.loads(file.read())
        run_id = runs.new_id(asked["start"].get("name") or entry.recipe)
        discard(entry)
        path = _renamed(entry, f"{run_id}.starting")
    except BaseException as error:
        file.close()
        if isinstance(error, FileNotFoundError | DltuiError):  # it was taken out; or somebody resumes its run
            return None
        raise
    return file, asked, entry._replace(path=path, state="starting", run=run_id)


def put_back(entry: Entry) -> None:
    """Lets an entry wait again whose run is not its own. Raises OSError."""
    _renamed(entry, "json")


def fail(entry: Entry, error: str) -> None:
    """Keeps an entry that could not be started, and why. Raises OSError where it cannot: it waits then as before."""
    with suppress(FileNotFoundError):  # somebody took it out of the queue
        with suppress(
            OSError, ValueError, TypeError
        ):  # a full disk, a broken file: that it failed is told all the same
            write(entry.path, {**json.loads(entry.path.read_bytes()), "error": error})
        _renamed(entry, "failed")


def discard(entry: Entry) -> None:
    """Deletes what a start that was cut off has left: the folder of a run that never began.

    Raises DltuiError where somebody has resumed it, OSError where it cannot be deleted.
    """
    if entry.run:
        with suppress(FileNotFoundError):
            runs.remove(Run(paths.runs() / entry.run))


def _renamed(entry: Entry, ending: str) -> Path:
    return entry.path.rename(entry.path.with_name(f"{_stem(entry.path)}.{ending}"))
