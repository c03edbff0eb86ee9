"""What a list of runs, its filter and its order ask of one run: each is read when it is first asked for, and kept."""

import os
import re
import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from dltui import paths, regular_file
from dltui.recipes import files
from dltui.runs import annotations, settings
from dltui.runs import run as runs
from dltui.runs.annotations import Annotations
from dltui.runs.known_runs import KnownRuns
from dltui.runs.run import Run, State
from dltui.runs.settings import Given

HEAD = 1024  # bytes of a run's recipe.toml in which its topic stands
_TOPIC = re.compile(rb'^topic = "([^"\n]*)"', re.MULTILINE)
_BROKEN = State("lost", 0, 0, {}, [], 0.0, "Its log cannot be read.")


class RunFacts:
    """One run as a list shows it. `id` and `stem` cost nothing; `is_read` tells whether its state is known."""

    __slots__ = (
        "_annotations",
        "_info",
        "_known",
        "_numbers",
        "_recipe",
        "_state",
        "_topic",
        "_values",
        "id",
        "live",
        "log_size",
        "noted_at",
        "run",
        "stem",
    )

    def __init__(self, run: Run, known: KnownRuns | None = None):
        """known: tells of thousands of runs what their files say, and sooner."""
        self.run, self.id = run, run.id
        self._known = known
        self.stem = self.id.rsplit("-", 3)[0]  # the recipe's name, or the one that was given to the run
        self.log_size = -1  # when it was read
        self.noted_at = -1  # when what the user noted was written, in ns; -1 where nothing was noted
        self.live = False  # whether it went on then
        self._annotations: Annotations | None = None
        self._info: dict | None = None
        self._state: State | None = None
        self._numbers: dict[str, float] | None = None
        self._recipe = self._topic = None
        self._values: dict[str, list[object]] = {}

    def read(self) -> "RunFacts":
        """Reads how it stands now and returns itself."""
        self.log_size = log_size(self.run)
        self.noted_at = noted_at(self.run)
        _ = self.annotations
        self.live = self.state.live
        return self

    @property
    def is_read(self) -> bool:
        return self._state is not None

    @property
    def annotations(self) -> Annotations:
        """What the user noted about it."""
        if self._annotations is None:
            self._annotations = self._known.annotations(self.run) if self._known else self.run.annotations
        return self._annotations

    @annotations.setter
    def annotations(self, noted: Annotations) -> None:
        self._annotations = noted

    @property
    def called(self) -> str:
        """What a list calls it: the name that was given to it, as far as it was read, else `stem`."""
        return (self._annotations.name if self._annotations else "") or self.stem

    @property
    def pinned(self) -> bool:
        """Whether it is pinned, as far as it was read."""
        return self._annotations is not None and self._annotations.pinned

    @property
    def imported(self) -> bool:
        """Whether it is another trainer's log."""
        return bool(self.info.get("imported"))

    @property
    def created(self) -> float:
        """When the run was made, in seconds since 1970, by the local time in its id; now where that is none."""
        return begun(self.run)

    @property
    def info(self) -> dict:
        """What run.json says."""
        if self._info is None:
            self._info = self.run.info()
        return self._info

    @property
    def state(self) -> State:
        """How it stands, or stood when it was read; a run whose log is broken is lost."""
        if self._state is None:
            try:
                self._state = self._known.state(self.run) if self._known else runs.state(self.run)
            except OSError:  # a folder that is going
                self._state = _BROKEN
        return self._state

    @property
    def recipe(self) -> str:
        """The recipe's name: that of a run with a name of its own stands in its run.json."""
        if self._recipe is None:
            known = self.stem in _topics(paths.recipes)
            self._recipe = self.stem if known else self.info.get("recipe", self.stem)
        return self._recipe

    @property
    def topic(self) -> str:
        """The folder of its recipe, e.g. 12_generative; '' where it has none."""
        if self._topic is None:
            found = _topics(paths.recipes).get(self.recipe)
            self._topic = found if found is not None else _topic_in(self.run.recipe_file)
        return self._topic

    @property
    def overrides(self) -> dict[str, object]:
        """What was changed for it."""
        return self.info["overrides"]

    @property
    def settings(self) -> dict[str, object]:
        """Every option of its parts: see settings.py."""
        return settings.every(self._given())

    @property
    def keys_of_settings(self) -> set[str]:
        """Every key for which there is such a value."""
        return settings.keys_of(self._given())

    def values_of_setting(self, key: str) -> list[object]:
        """The values of an option, one a variant; [] where it has none of this name. They alone are kept: there may be
        thousands of runs."""
        if key not in self._values:
            self._values[key] = settings.values_of(self._given(), key)
        return self._values[key]

    def _given(self) -> Given | None:
        return self._known.given(self.run) if self._known else settings.read(self.run)

    @property
    def status(self) -> str:
        return self.state.status

    @property
    def claim(self) -> str:
        """met, missed, or none where nothing was judged."""
        return {True: "met", False: "missed", None: "none"}[self.state.claim_met]

    @property
    def numbers(self) -> dict[str, float]:
        """The values of its summary, and step and steps (which it has taken), seconds."""
        if self._numbers is None:
            state = self.state
            self._numbers = {"step": state.step, "steps": state.step, "seconds": state.seconds, **state.summary}
        return self._numbers


def begun(run: Run) -> float:
    """When a run was made, in seconds since 1970, by the local time in its id; now where that is none."""
    day, clock = run.id.split("-")[-3:-1]
    try:
        return _begin_of(day, clock[:2]) + 60 * int(clock[2:4]) + int(clock[4:])
    except (ValueError, OverflowError):
        return time.time()


@lru_cache(maxsize=1024)
def _begin_of(day: str, hour: str) -> float:
    """When an hour began: for each of thousands of runs this takes longer than all else."""
    return time.mktime((int(day[:4]), int(day[4:6]), int(day[6:]), int(hour), 0, 0, 0, 0, -1))


def log_size(run: Run) -> int:
    """Returns the bytes of a run's log, -1 where there is none."""
    try:
        return os.stat(f"{run.path}/events.jsonl").st_size  # a Path for each of thousands takes longer than this
    except OSError:
        return -1


def noted_at(run: Run) -> int:
    """Returns when something was noted about a run, in ns; -1 where nothing was."""
    noted = annotations.stamp(run.path)
    return noted.st_mtime_ns if noted else -1


@lru_cache(maxsize=4)
def _topics(folder: Callable[[], Path]) -> dict[str, str]:
    """Recipe -> topic of the bundled recipes. folder: tells where they are; asked once, not for every run."""
    return {path.stem: path.parent.name for path in folder().glob("*/*.toml")}


def _topic_in(recipe_file: Path) -> str:
    """What the head of a run's recipe says; the file is not parsed, for there may be thousands."""
    try:
        with regular_file.opened(recipe_file, files.LARGEST) as file:
            found = _TOPIC.search(file.read(HEAD))
    except OSError:
        return ""
    return found[1].decode("utf-8", "replace") if found else ""
