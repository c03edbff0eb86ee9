"""How runs ended, kept in one file of the cache: a list of thousands opens that file in place of each run's log.

A line a run: its id, a checksum, then as JSON the size of its log, when that was written, and its State. What is
missing or damaged, or was kept of a log that has changed since, is read from the log and kept anew; the file may be
deleted at any time.
"""

import json
import os
import zlib
from collections.abc import Collection

from dltui import paths
from dltui.atomic_write import replacing
from dltui.runs import engine_lock
from dltui.runs import run as runs
from dltui.runs.events import encode
from dltui.runs.run import Run, State

FEW = 200  # runs that are read as quickly from their logs
ENDED = ("done", "stopped", "failed", "diverged")
SPARE = 1000  # lines beyond twice as many as there are runs, at which the file is written anew


class EndedRuns:
    """`state` is what runs.state returns, sooner where it is known; `keep` writes down what was read for it."""

    def __init__(self) -> None:
        self.path = paths.cache() / "ended-runs.jsonl"
        self._new: dict[str, bytes] = {}
        try:
            lines = self.path.read_bytes().split(b"\n")
        except OSError:
            lines = []
        self._count = len(lines)
        self._lines = {name: rest for name, _, rest in (line.partition(b" ") for line in lines)}

    def state(self, run: Run) -> State:
        """Returns how a run stands. Raises OSError where its folder is going in this moment."""
        try:
            log = os.stat(f"{run.path}/events.jsonl")  # a Path for each of thousands takes longer than this
        except OSError:
            return runs.state(run)
        known = self._known(run, log)
        if known and (known.status == "done" or engine_lock.holder(run.lock) is None):
            return known
        state = runs.state(run)  # after the look at its log: what is written in between is seen the next time
        if state.status in ENDED:
            told = encode([log.st_size, log.st_mtime_ns, *state])
            self._new[run.id] = b"%s %08x %s" % (run.id.encode(), zlib.crc32(told), told)
        return state

    def _known(self, run: Run, log: os.stat_result) -> State | None:
        checksum, _, told = self._lines.get(run.id.encode(), b"").partition(b" ")
        if checksum != b"%08x" % zlib.crc32(told + b"\n"):  # not one of ours: its fields are checked no further
            return None
        size, written, status, step, steps, summary, *rest = json.loads(told)
        if (size, written) != (log.st_size, log.st_mtime_ns):
            return None
        return State(status, step, steps, {name: float(value) for name, value in summary.items()}, *rest)

    def keep(self, listed: Collection[Run]) -> None:
        """Writes down what was read. listed: all runs that there are; what is known of others may be forgotten."""
        if not self._new:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self._count + len(self._new) > 2 * len(listed) + SPARE:
                old = {name: b"%s %s\n" % (name, rest) for name, rest in self._lines.items()}
                known = old | {name.encode(): line for name, line in self._new.items()}
                with replacing(self.path) as file:
                    file.writelines(known[name] for run in listed if (name := run.id.encode()) in known)
            else:
                self._append(b"".join(self._new.values()))
        except OSError:
            pass  # nothing can be written there: the logs are read again the next time

    def _append(self, lines: bytes) -> None:
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, b"\n" + lines)  # a line that was torn before does not tear ours
        finally:
            os.close(file)
