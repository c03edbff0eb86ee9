"""The event log of a run: one JSON object a line, appended by one engine, read by everything that shows a run.

Every event has `v` (version), `seq`, `t` (seconds since 1970), `kind` and, as its last field, `h`: its link in the
chain over the log (see log_chain.py), which logs of older versions lack. The kinds and their fields:

started     device, precision, threads, params (of the largest variant), least_params (of the smallest),
            data {kind, from, rows}, series, steps, step (it goes on from), files {name in the run's folder: sha256}
            metrics {name: {meaning, better?, range?, unit?, progress?, axis?, side?}} (see recipes/metric.py)
scalars     series, step [..], values {name: [..]}, machine? (true: of the machine, and not of what is trained)
frame       series, step, pane, payload (see payloads.py)
note        level (info, warning, error), text, id? (of the request that is refused), files? (as they are from here)
control     op, step, key? and value? (of `set`), id? (of the request that was done)
checkpoint  step, file, sha256
finished    status, exit, step, steps, summary {name: value}, expect [{name, want, got, ok}], seconds, error, hint,
            diverged? {series: what}

NaN and infinity are the strings "nan", "inf", "-inf": `float()` reads them back. `decode` is the one door: what comes
through it has the fields of its kind, of their types (see schema.py); a line that has not is passed over and
counted. A kind that only a later version knows comes through, for nobody here asks for it, and is not counted.
"""

import errno
import json
import math
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from dltui import regular_file
from dltui.runs import log_chain, schema
from dltui.text import clean

VERSION = 1
PAUSES = {"pause": True, "step": True, "resume": False}  # op of `control` -> whether the run stands still after it

CHUNK = 1 << 20  # bytes read at once
NO_LOG = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EINVAL)
ANY = 1 << 62  # bytes: a log may have any size
LONGEST = 16 << 20  # bytes of a line; one that is longer is no event of ours

_ENCODER = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":"))
_DECODER = json.JSONDecoder()


def encode(event: dict) -> bytes:
    """Returns the event as one line of JSON."""
    try:
        text = _ENCODER.encode(event)
    except ValueError:
        text = _ENCODER.encode(_finite(event))
    return text.encode() + b"\n"


def decode(line: bytes) -> dict:
    """Returns the event of one line, its fields checked. Raises ValueError where the line is not one."""
    event = schema.checked(parsed(line))
    if b"\\" in line and b"\\u" in line:  # one byte is found faster than two
        json.dumps(event, ensure_ascii=False).encode()  # half a character is no text: no stream takes it
    return event


def parsed(text: bytes) -> object:
    """Returns a JSON value. Raises ValueError where the bytes are not one, or nested too deeply."""
    try:
        return _DECODER.decode(text.decode())
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value


def cleaned(value: object) -> object:
    """Returns `value` with every text in it, keys too, free of control characters and terminal escapes."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(str(key)): cleaned(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return value if _numbers(value) else [cleaned(item) for item in value]
    return value


def _numbers(values: list | tuple) -> bool:
    return set(map(type, values)) <= {int, float}


class EventLog:
    """The writing end. Opening cuts a torn last line and goes on counting, and with the chain.

    What a full disk refuses is kept, and tried again with the next event and at the end.
    """

    def __init__(self, path: Path):
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        self._size = _cut_torn_tail(self._file)
        self.seq = next((event["seq"] + 1 for event in reversed(last_events(path))), 0)
        self._link = log_chain.last_link(self._file, self._size)
        self._backlog = b""

    def write(self, kind: str, **fields: object) -> dict:
        """Appends one event and returns it."""
        event = {"v": VERSION, "seq": self.seq, "t": round(time.time(), 3), "kind": kind}
        event |= fields if kind == "scalars" else cleaned(fields)
        self.seq += 1
        line, self._link = log_chain.linked(encode(event), self._link)
        self._backlog += line
        event["h"] = self._link.decode()
        self._append()
        return event

    def _append(self) -> OSError | None:
        """Writes what is kept; returns what refuses the rest of it."""
        try:
            os.lseek(self._file, self._size, os.SEEK_SET)
            while self._backlog:
                written = os.write(self._file, self._backlog)
                self._size += written
                self._backlog = self._backlog[written:]
        except OSError as error:
            return error  # a full disk: the rest of the line follows with the next event, at the same place
        return None

    def sync(self) -> None:
        """Makes all that was written survive a power cut. Raises OSError where a full disk refuses some of it."""
        if refused := self._append():
            raise refused
        os.fsync(self._file)

    def close(self) -> None:
        self._append()
        os.close(self._file)


def _cut_torn_tail(file: int) -> int:
    """Cuts what follows the last newline of the open file; returns the size that is left."""
    end = _end_of_lines(file)
    if end != os.lseek(file, 0, os.SEEK_END):
        os.ftruncate(file, end)
    return end


def _end_of_lines(file: int) -> int:
    """Returns where the last complete line of the open file ends."""
    end = os.lseek(file, 0, os.SEEK_END)
    while end:
        start = max(0, end - CHUNK)
        newline = os.pread(file, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


class Shape(NamedTuple):
    """What is known of a picture before it is read: its type, and the rows and columns of a montage."""

    type: str
    rows: int
    columns: int


def shape(event: dict) -> Shape:
    """Returns the shape of the picture of a `frame` event, without reading the log."""
    return event.shape if isinstance(event, StoredFrame) else _shape(event["payload"])


def _shape(payload: dict) -> Shape:
    rows, columns = (payload.get(side) for side in ("rows", "columns"))  # of other types these are names
    return Shape(payload["type"], *(max(1, count) if isinstance(count, int) else 1 for count in (rows, columns)))


class StoredFrame(dict):
    """A `frame` event whose payload stays in the log and is read when it is asked for: a long log has thousands."""

    def __init__(self, event: dict, path: Path, offset: int, size: int):
        super().__init__(event)
        self.shape = _shape(self.pop("payload"))
        self._place = path, offset, size

    def __missing__(self, key: str) -> object:
        """Returns the payload. Raises OSError, ValueError where the log is another by now."""
        if key != "payload":
            raise KeyError(key)
        path, offset, size = self._place
        with regular_file.opened(path, ANY) as file:
            file.seek(offset)
            return decode(file.read(size))["payload"]


class Tail:
    """The reading end: each `read()` yields the events that were completed since the one before.

    offset: where it goes on, in bytes. unreadable: lines that were passed over so far. stored: whether the pictures
    of `frame` events stay in the log (see StoredFrame), for readers that keep them.
    """

    def __init__(self, path: Path, *, stored: bool = False):
        self.path, self.offset, self.stored = path, 0, stored
        self.unreadable = 0
        self._inside = False  # a line that is too long

    def skip(self) -> None:
        """Passes over what the log holds now, without reading it."""
        if file := self._opened():
            with file:
                self.offset = _end_of_lines(file.fileno())

    def _opened(self) -> BinaryIO | None:
        """The log; None where there is none, or something else that would be waited for, or never end."""
        try:
            return regular_file.opened(self.path, ANY)
        except OSError as error:
            if error.errno in NO_LOG:
                return None
            raise

    def read(self) -> Iterator[dict]:
        """Yields new events. A torn last line is "not yet"; a broken line inside is counted and passed over."""
        if not (file := self._opened()):
            return
        with file:
            file.seek(self.offset)
            rest = b""
            while chunk := file.read(CHUNK):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    start, self.offset = self.offset, self.offset + len(line) + 1
                    try:
                        event = decode(line) if not self._inside else None
                    except ValueError:
                        event = None
                    self._inside = False
                    if event is None:
                        self.unreadable += 1
                    elif self.stored and event["kind"] == "frame":
                        yield StoredFrame(event, self.path, start, len(line))
                    else:
                        yield event
                if len(rest) > LONGEST:
                    self._inside = True
                    self.offset, rest = self.offset + len(rest), b""


class LastLine(NamedTuple):
    """The last complete line of a log, and what the system told of the log when that was its last."""

    line: bytes
    found: os.stat_result


def last_line(path: Path | str, size: int = 1 << 12) -> LastLine | None:
    """Returns the last complete line of a log; None where it does not lie in the last `size` bytes."""
    try:
        # not `open`, which takes twice as long: a list of runs asks thousands; what is a pipe is not waited for
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        found = os.fstat(file)
        end = found.st_size
        tail = os.pread(file, min(size, end), max(0, end - size))
    except OSError:
        return None
    finally:
        os.close(file)
    stop = tail.rfind(b"\n")
    start = tail.rfind(b"\n", 0, max(0, stop))
    if stop < 0 or (start < 0 and end > size):
        return None
    return LastLine(tail[start + 1 : stop], found)


def last_event(path: Path | str) -> dict | None:
    """Returns the last complete event of a log; None where its line is longer than those of ours, or is no event."""
    last = last_line(path)
    try:
        return decode(last.line) if last else None
    except ValueError:
        return None


def first_event(path: Path, kind: str, size: int = 1 << 16) -> dict | None:
    """Returns the first event of a kind among those in the first `size` bytes of a log; None where there is none."""
    try:
        with regular_file.opened(path, ANY) as file:
            lines = file.read(size).split(b"\n")[:-1]
    except OSError:
        return None
    for line in lines:
        try:
            event = decode(line)
        except ValueError:
            continue
        if event["kind"] == kind:
            return event
    return None


def last_events(path: Path, size: int = 1 << 16) -> list[dict]:
    """Returns the complete events in the last `size` bytes of a log: enough to tell how a run stands."""
    try:
        with regular_file.opened(path, ANY) as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - size))
            lines = file.read().split(b"\n")
    except OSError:
        return []
    lines = lines[:-1] if end <= size else lines[1:-1]
    found = []
    for line in lines:
        try:
            found.append(decode(line))
        except ValueError:
            continue
    if not found and size < end and size <= LONGEST:
        return last_events(path, size * 16)  # one very long line
    return found
