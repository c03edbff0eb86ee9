"""Runs that wait in DLTUI_HOME/queue (see queue_entries.py), worked off by one detached process (see queue_worker.py).

add.lock            held while an entry is written
worker.lock         held by the process that works the queue off; inside, its process id, and what it waits for
worker.log          what that process said
"""

import fcntl
import subprocess
import sys
import time
from typing import NamedTuple

from dltui import file_lock, paths
from dltui.atomic_write import DISK_FULL
from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import launch, queue_entries
from dltui.jobs.queue_entries import Entry, entries, folder, pending
from dltui.recipes import kind_files
from dltui.recipes.recipe import Recipe
from dltui.text import clean

CHOICES = {"device": "auto", "precision": "auto", "threads": 0, "name": ""}  # in the order of launch.check_choices

_workers: list[subprocess.Popen] = []  # those that this process started, to be reaped


def add(recipe: Recipe, *, notify: float | bool | None = None, **start: object) -> Entry:
    """Puts a run of `recipe` (see `data_source.with_source`) at the end; `start` is what `launch.start` takes besides.

    notify: the user is to be told of its end, and of a standstill after so many minutes, 0 for never; False: not; None:
    where notify.toml says so.
    Sees to it that the queue is worked off. Raises DltuiError: (2) where `start` is wrong, (1) where nothing can be
    written, or where it waits now but no process could be started that works the queue off.
    """
    launch.check_choices(*(start.get(key, default) for key, default in CHOICES.items()))
    asked = {
        "added": time.time(),
        "table": {"name": recipe.name, "topic": recipe.topic, **recipe.table},
        "start": start,
        "notify": notify,
    }
    if kinds := kind_files.contents(recipe.table):
        asked["kinds"] = queue_entries.as_texts(kinds)
    try:
        paths.make(folder())
        with open(folder() / "add.lock", "a", opener=paths.private) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two who add at once get two numbers
            path = queue_entries.new_path()
            queue_entries.write(path, asked)
    except OSError as error:
        raise _refused(f"{recipe.name} was not put into the queue", error) from error
    entry = queue_entries.checked(path, asked)
    try:
        ensure_worker()
    except OSError as error:
        said = f"{recipe.name} waits as number {entry.number}, but nothing works the queue off: {error.strerror}."
        raise DltuiError(said, "Once that is mended: dltui queue start") from error
    return entry


def remove(number: int, *, added: float | None = None) -> Entry:
    """Takes an entry out of the queue and returns it.

    added: the entry's own, where it was seen a while ago and its number may be another's by now. Raises DltuiError: (3)
    where there is no such entry, (1) where its engine is being started, or where the disk refuses.
    """
    entry = _named(number, entries(), added)
    if entry.state == "starting":
        raise DltuiError(f"{number} {entry.recipe} is being started as {entry.run}.", f"dltui stop {entry.run}")
    try:
        entry.path.unlink()
        queue_entries.discard(entry)
    except FileNotFoundError:  # its engine has just been started
        raise _missing(number) from None
    except OSError as error:
        raise _refused(f"{number} {entry.recipe} was not removed", error) from error
    return entry


def move(number: int, place: int, *, added: float | None = None) -> Entry:
    """Puts an entry at a place of the queue, 1 the first, and returns it. Raises DltuiError as `remove` does."""
    found = entries()
    entry = _named(number, found, added)
    found.remove(entry)
    found.insert(max(0, place - 1), entry)
    try:
        queue_entries.write(folder() / "order", [entry.added for entry in found])
    except OSError as error:
        raise _refused(f"{number} {entry.recipe} was not moved", error) from error
    return entry


def _named(number: int, found: list[Entry], added: float | None) -> Entry:
    for entry in found:
        if entry.number == number and added in (None, entry.added):
            return entry
    raise _missing(number)


def _missing(number: int) -> DltuiError:
    return DltuiError(f"Nothing waits under number {number}.", "See: dltui queue", ExitStatus.NOT_FOUND)


def _refused(what: str, error: OSError) -> DltuiError:
    full = error.errno in DISK_FULL
    hint = "Free some space there." if full else "Set DLTUI_HOME to a folder you may write to."
    return DltuiError(f"{what}: {folder()}: {error.strerror}.", hint)


# -- the process that works it off -------------------------------------------------------------------------------------


class Worker(NamedTuple):
    """The process that works the queue off."""

    pid: int  # 0 until it has written it
    waits_for: str  # besides devices: the disk that is full; '' for nothing


def worker() -> Worker | None:
    """Returns the process that works the queue off; None where there is none."""
    told = file_lock.read_holder(folder() / "worker.lock")
    if told is None:
        return None
    pid, _, waits_for = told.decode("utf-8", "replace").partition("\n")
    return Worker(int(pid) if pid.isascii() and pid.isdigit() else 0, clean(waits_for))


def ensure_worker() -> int:
    """Starts the process that works the queue off where something waits and none does; returns how much waits.

    Raises OSError where it cannot be started.
    """
    _workers[:] = [worker for worker in _workers if worker.poll() is None]
    count = len(pending())
    if count and worker() is None:
        command = [sys.executable, "-P", "-m", "dltui.jobs.queue_worker"]
        with open(folder() / "worker.log", "ab", opener=paths.private) as log:
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
