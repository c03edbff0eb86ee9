"""The event log of a run: one JSON object a line, appended by one engine, read by everything that shows a run.

Every event has `v` (version), `seq`, `t` (seconds since 1970) and `kind`; the kinds and their fields:

started     device, precision, threads, params (of the largest variant), least_params (of the smallest),
            data {kind, from, rows}, series, steps, step (it goes on from)
            metrics {name: {meaning, better?, range?, unit?, progress?, axis?, side?}} (see recipes/metric.py)
scalars     series, step [..], values {name: [..]}
frame       series, step, pane, payload (see payloads.py)
note        level (info, warning, error), text
control     op, step, and what was given
checkpoint  step, file, sha256
finished    status, summary {name: value}, expect [{name, want, got, ok}], seconds, error, diverged? {series: what}

NaN and infinity are the strings "nan", "inf", "-inf": `float()` reads them back.
"""

import json
import math
import os
import time
from collections.abc import Iterator
from pathlib import Path

from dltui.text import clean

VERSION = 1
KINDS = ("started", "scalars", "frame", "note", "control", "checkpoint", "finished")
STATUSES = ("done", "stopped", "failed", "diverged")

CHUNK = 1 << 20  # bytes read at once


def encode(event: dict) -> bytes:
    """Returns the event as one line of JSON."""
    try:
        text = json.dumps(event, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    except ValueError:
        text = json.dumps(_finite(event), allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return text.encode() + b"\n"


def decode(line: bytes) -> dict:
    """Returns the event of one line. Raises ValueError where the line is not one."""
    event = json.loads(line)
    if not isinstance(event, dict) or "kind" not in event:
        raise ValueError("not an event")
    return event


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
    """The writing end. Opening cuts a torn last line and goes on counting.

    What a full disk refuses is kept, and tried again with the next event and at the end.
    """

    def __init__(self, path: Path):
        self.path = path
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        self._size = _cut_torn_tail(self._file)
        self.seq = next((event["seq"] + 1 for event in reversed(last_events(path))), 0)
        self._backlog = b""

    def write(self, kind: str, **fields: object) -> dict:
        """Appends one event and returns it."""
        event = {"v": VERSION, "seq": self.seq, "t": round(time.time(), 3), "kind": kind}
        event |= fields if kind == "scalars" else cleaned(fields)
        self.seq += 1
        self._backlog += encode(event)
        self._append()
        return event

    def _append(self) -> None:
        try:
            os.lseek(self._file, self._size, os.SEEK_SET)
            while self._backlog:
                written = os.write(self._file, self._backlog)
                self._size += written
                self._backlog = self._backlog[written:]
        except OSError:
            pass  # a full disk: the rest of the line follows with the next event, at the same place

    def sync(self) -> None:
        """Makes what was written survive a power cut."""
        os.fsync(self._file)

    def close(self) -> None:
        self._append()
        os.close(self._file)


def _cut_torn_tail(file: int) -> int:
    """Cuts what follows the last newline of the open file; returns the size that is left."""
    size = os.lseek(file, 0, os.SEEK_END)
    end = size
    while end:
        start = max(0, end - CHUNK)
        newline = os.pread(file, end - start, start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    if end != size:
        os.ftruncate(file, end)
    return end


class Tail:
    """The reading end: each `read()` yields the events that were completed since the one before."""

    def __init__(self, path: Path):
        self.path, self.offset = path, 0

    def read(self) -> Iterator[dict]:
        """Yields new events. A torn last line is "not yet"; a broken line inside is passed over."""
        if not self.path.exists():
            return
        with open(self.path, "rb") as file:
            file.seek(self.offset)
            rest = b""
            while chunk := file.read(CHUNK):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self.offset += len(line) + 1
                    try:
                        yield decode(line)
                    except ValueError:
                        continue


def last_event(path: Path, size: int = 1 << 12) -> dict | None:
    """Returns the last complete event of a log; None where its line does not lie in the last `size` bytes."""
    try:
        with open(path, "rb", buffering=0) as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - size))
            tail = file.read(size)
    except OSError:
        return None
    stop = tail.rfind(b"\n")
    start = tail.rfind(b"\n", 0, max(0, stop))
    if stop < 0 or (start < 0 and end > size):
        return None
    try:
        return decode(tail[start + 1 : stop])
    except ValueError:
        return None


def first_event(path: Path, kind: str, size: int = 1 << 16) -> dict | None:
    """Returns the first event of a kind among those in the first `size` bytes of a log; None where there is none."""
    try:
        with open(path, "rb") as file:
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
        with open(path, "rb") as file:
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
    if not found and end > size:
        return last_events(path, size * 16)  # one very long line
    return found
