"""Runs that wait: entries in DLTUI_HOME/queue, worked off by one detached process, `python -m dltui.jobs.queue`.

NNNN.json      a run that waits: the resolved recipe, and what was asked as `launch.start` takes it
NNNN.starting  the same while its engine is being started
NNNN.failed    the same, with the `error` for which no engine could be started
order          once one was moved: when each was added, in the order in which they start; later ones follow
worker.lock    held by the process that works the queue off; its process id inside
worker.log     what that process said

An entry starts once nothing computes on its device, whoever started what does; a paused run holds nothing up.
"""

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from dltui import paths
from dltui.atomic_write import replacing
from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import launch
from dltui.recipes import recipe as recipes
from dltui.recipes.recipe import Recipe
from dltui.runs import events
from dltui.runs import run as runs
from dltui.runs.run import Run

LOOK_EVERY = 0.5  # seconds
YOUNG = 20.0  # seconds in which a run's engine may still be importing torch, its lock not held yet
CHOICES = {"device": "auto", "precision": "auto", "threads": 0, "name": ""}  # in the order of launch.check_choices
QUIET = 2.0  # seconds without an event after which a log is asked whether its run is paused

_workers: list[subprocess.Popen] = []  # those that this process started, to be reaped


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


# -- the entries -------------------------------------------------------------------------------------------------------


def folder() -> Path:
    """Where the entries lie."""
    return paths.home() / "queue"


def entries() -> list[Entry]:
    """What waits, and what could not be started, in order."""
    files = sorted((_number(path), path) for path in folder().glob("*") if path.suffix in (".json", ".failed"))
    found = [entry for number, path in files if number and (entry := _entry(path))]
    places = {added: place for place, added in enumerate(_order())}
    return sorted(found, key=lambda entry: places.get(entry.added, len(places)))


def waiting() -> list[Entry]:
    """What waits, in order."""
    return [entry for entry in entries() if not entry.error]


def add(recipe: Recipe, **start: object) -> Entry:
    """Puts a run of `recipe` (see `launch.with_source`) at the end; `start` is what `launch.start` takes besides.

    Sees to it that the queue is worked off. Raises DltuiError: (2) where `start` is wrong, (1) where nothing can be
    written.
    """
    launch.check_choices(*(start.get(key, default) for key, default in CHOICES.items()))
    table = {"name": recipe.name, "topic": recipe.topic, **recipe.table}
    try:
        folder().mkdir(parents=True, exist_ok=True)
        with open(folder() / "add.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two who add at once get two numbers
            path = folder() / f"{max(map(_number, folder().glob('*')), default=0) + 1:04d}.json"
            _write(path, {"added": time.time(), "table": table, "start": start})
        ensure_worker()
    except OSError as error:
        raise DltuiError(f"{folder()}: {error.strerror}.", "Set DLTUI_HOME to a folder you may write to.") from None
    return _entry(path)


def remove(number: int) -> Entry:
    """Takes an entry out of the queue and returns it. Raises DltuiError (3) where there is none of this number."""
    entry = _named(number, entries())
    try:
        entry.path.unlink()
    except FileNotFoundError:  # its engine has just been started
        raise _missing(number) from None
    return entry


def move(number: int, place: int) -> Entry:
    """Puts an entry at a place of the queue, 1 the first, and returns it. Raises DltuiError (3) as `remove` does."""
    found = entries()
    entry = _named(number, found)
    found.remove(entry)
    found.insert(max(0, place - 1), entry)
    _write(folder() / "order", [entry.added for entry in found])
    return entry


def _named(number: int, found: list[Entry]) -> Entry:
    for entry in found:
        if entry.number == number:
            return entry
    raise _missing(number)


def _missing(number: int) -> DltuiError:
    return DltuiError(f"Nothing waits under number {number}.", "See: dltui queue", ExitStatus.NOT_FOUND)


def _order() -> list[float]:
    try:
        order = json.loads((folder() / "order").read_bytes())
    except (OSError, ValueError):
        return []
    return [added for added in order if isinstance(added, float)] if isinstance(order, list) else []


def _number(path: Path) -> int:
    return int(path.stem) if path.stem.isdigit() else 0


def _entry(path: Path) -> Entry | None:
    """None where the entry has just left the queue; one with an error where its file is broken."""
    try:
        asked = json.loads(path.read_bytes())
        start, error = asked["start"], asked.get("error", "")
        overrides, full, device = start.get("overrides", {}), start.get("full", False), start.get("device", "auto")
        return Entry(_number(path), asked["table"]["name"], overrides, full, device, asked["added"], error, path)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError):
        return Entry(_number(path), "?", {}, False, "auto", 0.0, f"{path.name} is broken.", path)


def _write(path: Path, asked: object) -> None:
    """Writes a whole file or none."""
    with replacing(path, "w", encoding="utf-8") as file:
        file.write(json.dumps(asked, ensure_ascii=False))


# -- working it off ----------------------------------------------------------------------------------------------------


def worker_pid() -> int | None:
    """The process id of the process that works the queue off, 0 until it has written it; None where there is none."""
    try:
        with open(folder() / "worker.lock", "rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                held = file.read()
                return int(held) if held.isdigit() else 0
    except OSError:
        pass
    return None


def ensure_worker() -> int:
    """Starts the process that works the queue off where something waits and none does; returns how much waits."""
    _workers[:] = [worker for worker in _workers if worker.poll() is None]
    count = len(waiting())
    if count and worker_pid() is None:
        command = [sys.executable, "-P", "-m", "dltui.jobs.queue"]
        with open(folder() / "worker.log", "ab") as log:
            _workers.append(
                subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    env=launch.environment(),
                )
            )
    return count


def main() -> int:
    """Works the queue off until it is empty; at once back where another process does so already."""
    folder().mkdir(parents=True, exist_ok=True)
    while waiting():
        with open(folder() / "worker.lock", "a+b") as lock:
            if not _locked(lock.fileno()):
                return 0
            lock.truncate(0)
            lock.write(str(os.getpid()).encode())
            lock.flush()
            work_off()
        # the lock is free again: what was added while it was still held is seen now, by us or by a new worker
    return 0


def _locked(file: int) -> bool:
    """Takes the lock, but not from another worker. Who only looks whether it is held shares it for a moment."""
    while True:
        for how in (fcntl.LOCK_EX, fcntl.LOCK_SH):
            try:
                fcntl.flock(file, how | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            if how == fcntl.LOCK_EX:
                return True
            break
        else:
            return False
        fcntl.flock(file, fcntl.LOCK_UN)
        time.sleep(0.001)


def work_off() -> None:
    """Starts each entry as soon as its device is free, until none waits."""
    for path in folder().glob("*.starting"):  # of a worker that was killed on its way
        path.rename(path.with_suffix(".json"))
    ours: list[launch.Engine] = []
    known: list[Entry] = []
    busy: dict[Run, str] = {}
    while found := waiting():
        if found == known and all(computes(run, ours) for run in busy):
            time.sleep(LOOK_EVERY)
            continue
        ours = [engine for engine in ours if engine.process.poll() is None]
        known, busy = found, {run: device_of(run) for run in runs.newest_first() if computes(run, ours)}
        entry = next_to_start(found, busy.values())
        if entry and (engine := _started(entry)):
            ours.append(engine)
    for engine in ours:
        engine.leave()


def next_to_start(waiting: list[Entry], busy: Iterable[str]) -> Entry | None:
    """Returns the first entry on whose device neither anything computes nor an earlier entry waits."""
    taken = list(busy)
    for entry in waiting:
        if not any(_same_device(entry.device, device) for device in taken):
            return entry
        taken.append(entry.device)
    return None


def _same_device(one: str, other: str) -> bool:
    """Whether two words may name one device: `auto` may be any."""
    one, other = ("cuda:0" if device == "cuda" else device for device in (one, other))
    return one == other or "auto" in (one, other)


def device_of(run: Run) -> str:
    """The device that a run is on, as `started` told it; until then the one that was asked for."""
    begun = next((event for event in events.Tail(run.log).read() if event["kind"] == "started"), {})
    return (begun.get("device") or run.info().get("device") or "auto").partition(" ")[0]


def computes(run: Run, ours: Iterable[launch.Engine] = ()) -> bool:
    """Whether an engine is at work on a run, or about to be; not while it is paused."""
    alive = runs.engine_pid(run) is not None
    try:
        if not alive and not run.log.exists():
            alive = time.time() - run.path.stat().st_mtime < YOUNG
        alive = alive or any(engine.run == run and engine.process.poll() is None for engine in ours)
        return alive and not (time.time() - run.log.stat().st_mtime > QUIET and _paused(run))
    except FileNotFoundError:  # no log yet; or no folder any more
        return alive


def _paused(run: Run) -> bool:
    for event in reversed(events.last_events(run.log)):
        if event["kind"] == "started" or event.get("op") in ("pause", "resume"):
            return event.get("op") == "pause"
    return False


def _started(entry: Entry) -> launch.Engine | None:
    claimed = entry.path.with_suffix(".starting")
    try:
        entry.path.rename(claimed)
    except FileNotFoundError:
        return None  # taken out of the queue meanwhile
    asked = json.loads(claimed.read_bytes())
    try:
        return launch.start(recipes.of_table(asked["table"], None), **asked["start"])
    except DltuiError as error:
        _write(entry.path.with_suffix(".failed"), {**asked, "error": str(error)})
    finally:
        claimed.unlink()


if __name__ == "__main__":
    raise SystemExit(main())
