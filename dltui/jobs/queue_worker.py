"""Works the queue off: `python -m dltui.jobs.queue_worker`, one process, which ends with the queue.

An entry starts once nothing computes on its device, whoever started what does; a paused run holds nothing up. While the
disk is full, what waits goes on waiting.
"""

import fcntl
import os
import sys
import time
import traceback
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from dltui import paths
from dltui.atomic_write import DISK_FULL
from dltui.errors import DltuiError
from dltui.jobs import launch, queue_entries
from dltui.jobs.queue_entries import Entry, folder, pending
from dltui.recipes import recipe as recipes
from dltui.runs import events
from dltui.runs import run as runs
from dltui.runs.run import Run

LOOK_EVERY = 0.5  # seconds
DISK_EVERY = 10.0  # seconds between two tries while the disk is full
YOUNG = 20.0  # seconds between the making of a run's folder and of its engine's lock, at most
QUIET = 2.0  # seconds without an event after which a log is asked whether its run is paused


def main() -> int:
    """Works the queue off until it is empty; at once back where another process does so already."""
    paths.make(folder())
    while pending():
        with open(folder() / "worker.lock", "a+b", opener=paths.private) as lock:
            if not _locked(lock.fileno()):
                return 0
            with suppress(OSError):  # a full disk: the lock is what counts
                lock.truncate(0)
                os.write(lock.fileno(), str(os.getpid()).encode())
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
    """Starts each entry as soon as its device is free, until all have begun or failed."""
    ours: dict[Path, launch.Engine] = {}
    known: list[Entry] = []
    busy: dict[Run, str] = {}
    while True:
        ours = _alive(ours)
        if not (found := pending()):
            break
        if found == known and all(computes(run, ours.values()) for run in busy):
            time.sleep(LOOK_EVERY)
            continue
        waiting = [entry for entry in found if entry.state == "waits"]
        cut_off = {entry.run for entry in waiting}  # no engine is at work on these
        computing = (run for run in runs.newest_first() if run.id not in cut_off and computes(run, ours.values()))
        known, busy = found, {run: device_of(run) for run in computing}
        starting = [entry.device for entry in found if entry.state == "starting"]
        entry = next_to_start(waiting, [*busy.values(), *starting])
        if entry and not (engine := _started(entry)):
            known = []  # it may be tried again
            time.sleep(LOOK_EVERY)
        elif entry:
            ours |= engine
    for engine in ours.values():
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
        if not alive and not run.log.exists() and not run.lock.exists():
            alive = _age(run.path) < YOUNG
        alive = alive or any(engine.run == run and engine.process.poll() is None for engine in ours)
        return alive and not (_age(run.log) > QUIET and _paused(run))
    except FileNotFoundError:  # no log yet; or no folder any more
        return alive


def _age(path: Path) -> float:
    """Seconds since, or until: a clock that was wrong dates a file tomorrow, and that is not just now."""
    return abs(time.time() - path.stat().st_mtime)


def _paused(run: Run) -> bool:
    for event in reversed(events.last_events(run.log)):
        if event["kind"] == "started" or event.get("op") in events.PAUSES:
            return events.PAUSES.get(event.get("op"), False)
    return False


# -- one entry ---------------------------------------------------------------------------------------------------------


def _started(entry: Entry) -> dict[Path, launch.Engine]:
    """{the claimed entry's path: its engine}; {} where none could be started."""
    try:
        if not (claimed := queue_entries.claim(entry)):
            return {}
        file, asked, entry = claimed
        with file:  # until the engine has the run's lock
            recipe = recipes.of_table(asked["table"], None)
            return {entry.path: launch.start(recipe, **asked["start"], run_id=entry.run)}
    except Exception as error:  # whatever it is, it is this entry's, and the next one is looked at
        _not_started(entry, error)
        return {}


def _not_started(entry: Entry, error: Exception) -> None:
    """Lets it wait again where that is not the entry's fault; else it has failed."""
    cause = error.__cause__ or error
    expected = isinstance(error, DltuiError | OSError)
    with suppress(OSError):  # a full disk cannot be told there either
        print(entry.path.name, error if expected else traceback.format_exc(), file=sys.stderr, flush=True)
    with suppress(OSError, DltuiError):
        if isinstance(cause, FileExistsError) and (paths.runs() / entry.run).exists():
            queue_entries.put_back(entry)  # another run took this id in the same moment
        elif isinstance(cause, OSError) and cause.errno in DISK_FULL:
            time.sleep(DISK_EVERY)
        else:
            queue_entries.fail(entry, str(error) if expected else f"{type(error).__name__}: {error}")
            queue_entries.discard(entry)


def _alive(engines: dict[Path, launch.Engine]) -> dict[Path, launch.Engine]:
    """Returns the engines that live. The entry of one that ended before its run began has failed."""
    ended = {path: engine for path, engine in engines.items() if engine.ended()}
    for entry in pending() if ended else ():
        engine = ended.get(entry.path)
        if engine and not engine.run.log.exists():
            words = launch.last_words(engine.run).rpartition("\n")[2] or f"status {engine.process.returncode}"
            with suppress(OSError):
                queue_entries.fail(
                    entry, f"Its engine ended before the run began: {words}. See {engine.run.engine_log}"
                )
    return {path: engine for path, engine in engines.items() if path not in ended}


if __name__ == "__main__":
    raise SystemExit(main())
