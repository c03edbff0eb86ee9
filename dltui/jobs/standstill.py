"""Runs in which nothing moves any more: an engine lives, and its log has not grown for a while."""

import time
from collections.abc import Callable

from dltui.runs import run as runs
from dltui.runs.facts import log_size
from dltui.runs.run import Run

MOVING = ("starting", "running")  # a paused run is to stand still


class StandstillWatch:
    """Called with a run again and again; calls `found` once where it stands still, and again once it moved between."""

    def __init__(
        self,
        seconds: float,
        found: Callable[[Run, float], None],
        clock: Callable[[], float] = time.monotonic,
    ):
        self._seconds, self._found, self._clock = seconds, found, clock
        self._seen: dict[str, tuple[int, float, bool]] = {}  # id -> bytes of the log, since when, whether it was told

    def __call__(self, run: Run) -> None:
        """Looks at a run."""
        now, size = self._clock(), log_size(run)
        before, since, told = self._seen.get(run.id, (-2, now, False))
        if size != before:
            self._seen[run.id] = (size, now, False)
        elif not told and now - since >= self._seconds:
            moving = runs.state(run).status in MOVING
            self._seen[run.id] = (size, since if moving else now, moving)
            if moving:
                self._found(run, now - since)
