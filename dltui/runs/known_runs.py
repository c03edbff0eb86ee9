"""What thousands of runs are asked for, read sooner than file by file: how they ended, and what their recipes say.

What was read before is told from the cache (see reading_cache.py), the same as the run's own files tell it.
"""

import os
from collections.abc import Collection

from dltui.runs import engine_lock, settings
from dltui.runs import run as runs
from dltui.runs.reading_cache import ReadingCache
from dltui.runs.run import Run, State
from dltui.runs.settings import Given

FEW = 200  # runs that are read as quickly from their own files
ENDED = ("done", "stopped", "failed", "diverged")


class KnownRuns:
    """`state` and `given` tell what runs.state and settings.read do; `keep` writes down what had to be read for it."""

    def __init__(self) -> None:
        self._states: ReadingCache | None = None
        self._recipes: ReadingCache | None = None

    def state(self, run: Run) -> State:
        """Returns how a run stands. Raises OSError where its folder is going in this moment."""
        if self._states is None:
            self._states = ReadingCache("ended-runs.jsonl")
        try:
            log = os.stat(f"{run.path}/events.jsonl")  # a Path for each of thousands takes longer than this
        except OSError:
            return runs.state(run)
        known = self._states.find(run.id, log)
        if known and engine_lock.holder(run.lock) is None:
            status, step, steps, summary, *rest = known
            return State(status, step, steps, {name: float(value) for name, value in summary.items()}, *rest)
        state = runs.state(run)
        if state.status in ENDED:
            self._states.put(run.id, log, state)
        return state

    def given(self, run: Run) -> Given | None:
        """Returns what a run's recipe says; None where it cannot be read."""
        if self._recipes is None:
            self._recipes = ReadingCache("run-recipes.jsonl")
        try:
            recipe = os.stat(f"{run.path}/recipe.toml")
        except OSError:
            return None
        if known := self._recipes.find(run.id, recipe):
            values, kinds = known
            return Given(values, tuple(map(tuple, kinds)))
        if given := settings.read(run):
            self._recipes.put(run.id, recipe, given)
        return given

    def keep(self, listed: Collection[Run]) -> None:
        """Writes down what was read. listed: all runs that there are; what is known of others may be forgotten."""
        for cache in filter(None, (self._states, self._recipes)):
            cache.keep([run.id for run in listed])
        self._states = self._recipes = None
