"""Works the queue off: `python -m dltui.jobs.queue_worker`, one process, which ends with the queue; or, where the
user is to be told of the ends of its runs, with the last of these.

An entry starts once nothing computes on its device, whoever started what does; a paused run holds nothing up. While the
disk is full, what waits goes on waiting, and what for stands in worker.lock.
"""

import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path

from dltui import file_lock, paths
from dltui.atomic_write import DISK_FULL
from dltui.errors import DltuiError
from dltui.jobs import launch, queue_entries
from dltui.jobs.queue_entries import Entry, folder, pending
from dltui.jobs.queue_notices import QueueNotices
from dltui.recipes import kind_files
from dltui.recipes import recipe as recipes
from dltui.runs import events
from dltui.runs import run as runs
from dltui.runs.run import Run

LOOK_EVERY = 0.5  # seconds
DISK_EVERY = 10.0  # seconds between two tries while the disk is full and no more of it is free: it may be a quota
YOUNG = 20.0  # seconds between the making of a run's folder and of its engine's lock, at most
QUIET = 2.0  # seconds without an event after which a log is asked whether its run is paused


class FullDisk:
    """A disk that has refused a start. It is full until more of it is free than then, or it is time to try again."""

    def __init__(self, error: OSError):
        self.words = f"{error.filename or folder()}: {error.strerror}"
        self._free, self._until = _free(), time.monotonic() + DISK_EVERY

    def is_full(self) -> bool:
        now = _free()
        return time.monotonic() < self._until and all(now[what] <= self._free[what] for what in now)


def _free() -> dict[str, int]:
    """How many bytes and files still fit on the disk of the queue."""
    found = os.statvfs(folder())
    return {"bytes": found.f_bavail * found.f_frsize, "files": found.f_favail}


def main() -> int:
    """Works the queue off until it is empty; at once back where another process does so already."""
    paths.make(folder())
    while pending():
        lock = os.open(folder() / "worker.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not file_lock.take(lock):
                return 0
            work_off(partial(_say, lock))
        finally:
            os.close(lock)
        # the lock is free again: what was added while it was still held is seen now, by us or by a new worker
    return 0


def _say(lock: int, waits_for: str) -> None:
    """Writes who we are and what we wait for besides devices, over what was there: a full disk takes that mostly."""
    told = f"{os.getpid()}\n{waits_for}".encode()
    with suppress(OSError):  # else the lock is what counts
        os.pwrite(lock, told, 0)
        os.ftruncate(lock, len(told))


def work_off(say: Callable[[str], None] = lambda waits_for: None) -> None:
    """Starts each entry as soon as its device is free, until all have begun or failed.

    say: is told what it waits for besides devices, '' for nothing.
    """
    ours: dict[Path, launch.Engine] = {}
    known: list[Entry] = []
    busy: dict[Run, str] = {}
    disk: FullDisk | None = None
    notices = QueueNotices()
    say("")
    while True:
        ours = _alive(ours)
        notices.look()
        if not (found := pending()):
            if not notices.any:
                break
            time.sleep(LOOK_EVERY)
            continue
        if (disk and disk.is_full()) or (found == known and all(computes(run, ours.values()) for run in busy)):
            time.sleep(LOOK_EVERY)
            continue
        disk = None
        waiting = [entry for entry in found if entry.state == "waits"]
        cut_off = {entry.run for entry in waiting}  # no engine is at work on these
        computing = (run for run in runs.newest_first() if run.id not in cut_off and computes(run, ours.values()))
        known, busy = found, {run: device_of(run) for run in computing}
        starting = [entry.device for entry in found if entry.state == "starting"]
        if entry := next_to_start(waiting, [*busy.values(), *starting]):
            engine, disk = _started(entry)
            ours |= engine
            for started in engine.values():
                notices.follow(started.run, entry.notify)
            known = known if engine else []  # else it may be tried again
        say(disk.words if disk else "")
        if not known:
            time.sleep(LOOK_EVERY)
    for engine in ours.values():
        engine.leave()
    notices.wait()


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


def _started(entry: Entry) -> tuple[dict[Path, launch.Engine], FullDisk | None]:
    """{the claimed entry's path: its engine}, {} where none could be started; and the disk that had no room for it."""
    try:
        if not (claimed := queue_entries.claim(entry)):
            return {}, None
        file, asked, entry = claimed
        kinds = queue_entries.as_bytes(asked.get("kinds", {}))
        with file, kind_files.held(kinds):  # the file until the engine has the run's lock
            recipe = recipes.of_table(asked["table"], None)
            return {entry.path: launch.start(recipe, **asked["start"], run_id=entry.run)}, None
    except Exception as error:  # whatever it is, it is this entry's, and the next one is looked at
        return {}, _not_started(entry, error)


def _not_started(entry: Entry, error: Exception) -> FullDisk | None:
    """Lets it wait again where that is not the entry's fault; else it has failed. Returns the disk that is full."""
    cause = error.__cause__ or error
    expected = isinstance(error, DltuiError | OSError)
    with suppress(OSError):  # a full disk cannot be told there either
        print(entry.path.name, error if expected else traceback.format_exc(), file=sys.stderr, flush=True)
    if isinstance(cause, OSError) and cause.errno in DISK_FULL:
        return FullDisk(cause)
    with suppress(OSError, DltuiError):
        if isinstance(cause, FileExistsError) and (paths.runs() / entry.run).exists():
            queue_entries.put_back(entry)  # another run took this id in the same moment
        else:
            queue_entries.fail(entry, str(error) if expected else f"{type(error).__name__}: {error}")
            queue_entries.discard(entry)
    return None


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
