"""What was read of one file in the folder of each run, kept in one file of the cache, which is opened in their place.

A line a run: its id, a checksum of the rest and of this version of dltui, the stamp of the file that was read, and as
JSON what was read. The stamp changes with the file, so what is kept of one that is another by now counts for nothing,
as does a line that is damaged or of another version. Lines are appended, the last of a run counts, and several
processes may do so at once: what one of them loses is read anew. The file may be deleted at any time.
"""

import os
import time
import zlib
from collections.abc import Collection

import dltui
from dltui import paths, regular_file
from dltui.atomic_write import replacing
from dltui.runs.events import encode, parsed

VERSION = f"dltui {dltui.__version__}, lines 3".encode()
SETTLED = 1.0  # seconds since its last change after which no other change can bear the same time
LARGEST = 1 << 32  # bytes of the file
SPARE = 1000  # lines beyond twice as many as there are runs, at which the file is written anew


class ReadingCache:
    """`find` tells what is known of a file, `put` what was read of it, and `keep` writes that down."""

    def __init__(self, name: str):
        self.path = paths.cache() / name
        self._new: dict[bytes, bytes] = {}
        try:
            lines = regular_file.read(self.path, LARGEST).split(b"\n")
        except OSError:
            lines = []
        self._count = len(lines)
        self._lines = {name: rest for name, _, rest in (line.partition(b" ") for line in lines)}

    def __contains__(self, run_id: str) -> bool:
        """Whether something is known of a run's file, though it may be another by now."""
        return os.fsencode(run_id) in self._lines

    def find(self, run_id: str, stamp: os.stat_result) -> object:
        """Returns what was read of a file that was such; None where nothing is known."""
        checksum, _, rest = self._lines.get(os.fsencode(run_id), b"").partition(b" ")
        at, _, told = rest.partition(b" ")
        if at != _written(stamp) or checksum != _checksum(rest):  # one of ours: it is checked no further
            return None
        return parsed(told)

    def put(self, run_id: str, stamp: os.stat_result, reading: object) -> None:
        """Takes what was read, or bytes that are its JSON. stamp: of the file before it was read, so that a change in
        between is seen."""
        if time.time() - stamp.st_ctime < SETTLED:
            return
        try:
            told = reading if type(reading) is bytes else encode(reading)[:-1]
        except (TypeError, ValueError):
            return  # a date in a recipe: JSON has none
        rest = _written(stamp) + b" " + told
        self._new[os.fsencode(run_id)] = _checksum(rest) + b" " + rest

    def keep(self, run_ids: Collection[str]) -> None:
        """Writes down what was put. run_ids: all that there are; what is known of others may be forgotten."""
        if not self._new:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self._count + len(self._new) > 2 * len(run_ids) + SPARE:
                known = self._lines | self._new
                with replacing(self.path, opener=paths.private) as file:
                    names = map(os.fsencode, run_ids)
                    file.writelines(_line(name, known[name]) for name in names if name in known)
            else:
                self._append(b"".join(_line(name, rest) for name, rest in self._new.items()))
        except OSError:
            pass  # nothing can be written there: the files are read again the next time

    def _append(self, lines: bytes) -> None:
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, b"\n" + lines)  # a line that was torn before does not tear ours
        finally:
            os.close(file)


def _line(name: bytes, rest: bytes) -> bytes:
    return b"%s %s\n" % (name, rest)


def _written(stamp: os.stat_result) -> bytes:
    return b"%d-%d-%d" % (stamp.st_size, stamp.st_ctime_ns, stamp.st_ino)


def _checksum(rest: bytes) -> bytes:
    return b"%08x" % zlib.crc32(rest, _OF_VERSION)


_OF_VERSION = zlib.crc32(VERSION)
