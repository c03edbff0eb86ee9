"""Who holds a run's engine.lock: the engine that writes there, told apart from a stale process id and from a stranger.

The lock is a flock: it ends with its process. Who starts an engine takes it and hands it on, so that from the first
moment on nobody else starts one. In the file stands, as JSON:

pid      the engine's process id, 0 until it is started
started  when that process started, as the system tells it: another process that has the same id by now has another
host     the machine it is on
first    seq of the first event that this engine can write; what stands in the log before is of earlier ones
"""

import json
import os
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from dltui import file_lock
from dltui.errors import DltuiError
from dltui.runs import cluster_job, events

if TYPE_CHECKING:
    from dltui.runs.run import Run

MEMORY_VARIABLE = "DLTUI_MEMORY"  # the most memory, in GiB, that an engine takes; the user's too
LOCK_VARIABLE = "DLTUI_ENGINE_LOCK"  # the file descriptor of the lock that is handed on to an engine
ASKER_VARIABLE = "DLTUI_ENGINE_ASKER"  # the process id of who needs what is started, and nobody else does
PROCESSES_VARIABLE = "DLTUI_ENGINE_PROCESSES"  # how many processes train the run, where not as many as it began with
LOOKS, BETWEEN = 5, 0.01  # how often a lock is looked at, and seconds between, before its holder is a stranger
YOUNG = 10.0  # seconds in which a lock may be held by who has yet to start the engine


class Holder(NamedTuple):
    """Who holds a lock."""

    pid: int  # 0: on its way, on another machine, or a stranger
    host: str  # '' on this machine
    first: int
    known: bool  # whether it is an engine; else it is a process that has nothing to do with the run


STRANGER = Holder(0, "", 0, known=False)


def holder(path: Path | str) -> Holder | None:
    """Returns who holds a lock; None where nobody does. Never signal a process id that does not come from here.

    path: a text where thousands are asked for, as a Path for each takes longer than the look.
    """
    for _ in range(LOOKS):
        held = file_lock.read_holder(path)
        if held is None:
            return _on_a_cluster(path)
        found = _recorded(held, path)
        if found.known:
            return found
        time.sleep(BETWEEN)  # it has the lock and will write in this moment
    return found


def _on_a_cluster(path: Path | str) -> Holder | None:
    """Who lives on another machine of a cluster, whose disk may not tell of locks there; None where nobody does."""
    if not cluster_job.beats(os.path.dirname(path)):
        return None
    try:
        with open(path, "rb") as file:
            found = _recorded(file.read(file_lock.MOST), path)
    except OSError:
        return None
    return found if found.host else None  # on this machine the lock tells


def first_of(path: Path) -> int:
    """Returns the seq of the first event that the engine which lives can write; 0 where none lives."""
    held = holder(path)
    return held.first if held and held.known else 0


def _recorded(held: bytes, path: Path | str) -> Holder:
    line = held.partition(b"\n")[0]
    try:
        record = json.loads(line) if line else {"pid": 0}
        if isinstance(record, int):  # of an earlier dltui: a process id alone
            command = command_of(record)
            known = "dltui.engine" in command and os.path.dirname(path) in command
            return Holder(record if known else 0, "", 0, known)
        pid, first = int(record["pid"]), int(record.get("first", 0))
        started, host = str(record.get("started", "")), str(record.get("host", ""))
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return STRANGER
    if pid <= 0:
        return Holder(0, "", first, known=_is_young(path))
    if started and started == start_of(pid):
        return Holder(pid, "", first, known=True)
    if host and host != _host():
        return Holder(0, host, first, known=True)
    return Holder(0, "", first, known=False)


def _is_young(path: Path | str) -> bool:
    try:
        return -YOUNG < time.time() - os.stat(path).st_mtime < YOUNG
    except OSError:
        return False


# -- taking it ---------------------------------------------------------------------------------------------------------


def claim(run: "Run") -> int:
    """Takes a run's lock and returns its file descriptor: who has it may start the one engine.

    Raises DltuiError where it is held, or where there is no room to write who holds it.
    """
    try:
        lock = os.open(run.lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            if not file_lock.take(lock):
                raise refusal(run, holder(run.lock) or STRANGER)
            record(lock, run, 0)
        except BaseException:
            os.close(lock)
            raise
    except OSError as error:
        raise DltuiError(f"{run.lock}: {error.strerror}.", "See: dltui doctor") from error
    return lock


def hold(run: "Run") -> IO[bytes]:
    """Returns the run's lock, handed on by who started us or taken here; it is held for as long as it stays open.

    Raises DltuiError as `claim` does.
    """
    handed = os.environ.pop(LOCK_VARIABLE, "")
    lock = int(handed) if handed.isdigit() and _is_lock_of(int(handed), run) else claim(run)
    os.set_inheritable(lock, False)
    record(lock, run, os.getpid())
    return os.fdopen(lock, "r+b", buffering=0)


def record(lock: int, run: "Run", pid: int) -> None:
    """Writes who holds the lock. Both who starts an engine and the engine do: they write the same."""
    started, host = start_of(pid) if pid else "", _host()
    text = json.dumps({"pid": pid, "started": started, "host": host, "first": next_seq(run)}).encode() + b"\n"
    os.pwrite(lock, text, 0)
    os.ftruncate(lock, len(text))


def next_seq(run: "Run") -> int:
    """The seq of the event that the run's next engine writes first."""
    return next((event["seq"] + 1 for event in reversed(events.last_events(run.log))), 0)


def refusal(run: "Run", held: Holder | None) -> DltuiError:
    """The error that says who holds a run's lock, for whom it is in the way."""
    if held and not held.known:
        return DltuiError(
            f"{run.lock}: a process that is no engine of dltui holds the lock of {run.id}.",
            f"See which one, and end it yourself: fuser -v {run.lock}",
        )
    where = f" on {held.host}" if held and held.host else f", as process {held.pid}" if held and held.pid else ""
    return DltuiError(f"{run.id} is running already{where}.", f"Watch it: dltui attach {run.id}")


def _is_lock_of(lock: int, run: "Run") -> bool:
    try:
        return os.path.samestat(os.fstat(lock), os.stat(run.lock))
    except OSError:
        return False


def _host() -> str:
    return os.uname().nodename


# -- processes ---------------------------------------------------------------------------------------------------------


def start_of(pid: int) -> str:
    """When a process of this machine started, as the system tells it; '' where there is none of this id."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[19].decode()  # clock ticks since the machine started
    except (OSError, IndexError):
        return "" if os.path.exists("/proc/self/stat") else _of_ps(pid, "lstart")


def command_of(pid: int) -> str:
    """The command line of a process of this machine; '' where there is none of this id."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return "" if os.path.exists("/proc/self/stat") else _of_ps(pid, "command")


def _of_ps(pid: int, column: str) -> str:
    """One column that ps tells of a process, where there is no /proc (macOS)."""
    import subprocess  # 5 ms, only where a lock is held

    command = ["ps", "-ww", "-o", f"{column}=", "-p", str(pid)]
    try:
        said = subprocess.run(
            command, capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C", "TZ": "UTC0"}
        )
    except OSError:
        return ""
    return said.stdout.strip()
