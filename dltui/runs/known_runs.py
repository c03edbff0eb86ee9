"""What thousands of runs are asked for, read sooner than file by file: how they ended, what their recipes say, and what
the user noted about them.

What was read before is told from the cache (see reading_cache.py), the same as the run's own files tell it.
"""

import os
from collections.abc import Collection

from dltui import file_lock
from dltui.runs import annotations, events, settings
from dltui.runs import run as runs
from dltui.runs.annotations import Annotations
from dltui.runs.reading_cache import ReadingCache
from dltui.runs.run import Run, State
from dltui.runs.settings import Given

FEW = 200  # runs that are read as quickly from their own files


class KnownRuns:
    """`state`, `given` and `annotations` tell what runs.state, settings.read and annotations.read do; `keep` writes
    down what had to be read for it."""

    def __init__(self) -> None:
        self._states: ReadingCache | None = None
        self._recipes: ReadingCache | None = None
        self._annotations: ReadingCache | None = None

    def state(self, run: Run) -> State:
        """Returns how a run stands. Raises OSError where its folder is going in this moment."""
        if self._states is None:
            self._states = ReadingCache("ended-runs.jsonl")
        if file_lock.is_held(f"{run.path}/engine.lock"):  # before the log: as runs.state does
            return runs.state(run)
        return self._at_end(run) or runs.state(run)

    def _at_end(self, run: Run) -> State | None:
        """How a run stands of which no engine is alive, by the last event of its log; None where that tells too
        little. What is kept is the line itself."""
        path = f"{run.path}/events.jsonl"  # a Path for each of thousands takes longer than a look at it
        if run.id in self._states:
            try:
                known = self._states.find(run.id, os.stat(path))
            except OSError:
                return None
            if known:
                return runs.at_end(known)
        last = events.last_line(path)
        try:
            event = events.decode(last.line) if last else None
        except ValueError:
            return None
        if event is None or not runs.tells_all(event):
            return None
        self._states.put(run.id, last.found, last.line)
        return runs.at_end(event)

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
        given, written = settings.read_written(run, recipe)
        if given and written:
            self._recipes.put(run.id, recipe, written)
        return given

    def annotations(self, run: Run) -> Annotations:
        """Returns what the user noted about a run."""
        written = annotations.stamp(run.path)
        if written is None:  # of most runs there is no such file
            return annotations.NONE
        if self._annotations is None:
            self._annotations = ReadingCache("run-annotations.jsonl")
        if known := self._annotations.find(run.id, written):
            return annotations.of_fields(known)
        found = run.annotations
        if not found.problem:
            self._annotations.put(run.id, written, found.fields)
        return found

    def keep(self, listed: Collection[Run]) -> None:
        """Writes down what was read. listed: all runs that there are; what is known of others may be forgotten."""
        for cache in filter(None, (self._states, self._recipes, self._annotations)):
            cache.keep([run.id for run in listed])
        self._states = self._recipes = self._annotations = None
