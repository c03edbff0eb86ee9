"""A run that is a job of a cluster, or of a machine over ssh: what its folder tells of it.

cluster.json  {on, phase, folder}: where it was submitted, and whether it waits for a machine; of a run over ssh the
              host that it is on, and its folder there
heartbeat     touched while an engine of such a run lives: a lock and a process id are of one machine only
"""

import json
import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from dltui import atomic_write

RECORD, HEARTBEAT = "cluster.json", "heartbeat"
WAITING, STARTED, WITHDRAWN = "waiting", "started", "withdrawn"
AWAY, BACK = "away", "back"  # of a run over ssh
EVERY = 5.0  # seconds between two beats
SILENT = 60.0  # seconds without a beat after which an engine is gone; clocks of two machines may differ by some


class ClusterJob(NamedTuple):
    """What cluster.json holds."""

    on: str
    phase: str
    folder: str = ""


def of(folder: Path | str) -> ClusterJob | None:
    """Returns the job that a run is; None where it is none, or its record cannot be read."""
    try:
        with open(f"{folder}/{RECORD}", encoding="utf-8") as file:
            found = json.load(file)
        return ClusterJob(str(found["on"]), str(found["phase"]), str(found.get("folder", "")))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def waits(folder: Path | str) -> bool:
    """Returns whether a run waits for a machine of its cluster."""
    job = of(folder)
    return job is not None and job.phase == WAITING


def is_away(folder: Path | str) -> bool:
    """Returns whether a run is on a machine over ssh, and its end was not seen here."""
    job = of(folder)
    return job is not None and job.phase == AWAY


def put(folder: Path, job: ClusterJob) -> None:
    """Writes the record of a run. Raises OSError."""
    with atomic_write.replacing(folder / RECORD, "w", encoding="utf-8") as file:
        json.dump(job._asdict(), file)


def put_phase(folder: Path, phase: str) -> None:
    """Writes how a job stands. Raises OSError."""
    job = of(folder)
    put(folder, job._replace(phase=phase) if job else ClusterJob("slurm", phase))


def beats(folder: Path | str) -> bool:
    """Returns whether an engine of a run has told lately that it lives, on whatever machine."""
    try:
        return -SILENT < time.time() - os.stat(f"{folder}/{HEARTBEAT}").st_mtime < SILENT
    except OSError:
        return False


class Heartbeat:
    """Tells, while it is entered, that the engine of a run on a cluster lives; of other runs it does nothing."""

    def __init__(self, folder: Path):
        self._file = folder / HEARTBEAT
        self._needed = (folder / RECORD).exists()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> None:
        if self._needed:
            self._thread.start()

    def __exit__(self, *_: object) -> None:
        if self._needed:
            self._ended.set()
            self._thread.join()
            with suppress(OSError):
                self._file.unlink(missing_ok=True)

    def _beat(self) -> None:
        while True:
            with suppress(OSError):  # a full disk, a server that is away for a moment
                self._file.touch(mode=0o600)
            if self._ended.wait(EVERY):
                return
