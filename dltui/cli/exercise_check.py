"""What judges an exercise: the recipe's claims, run with the learner's file on seeds that nobody knows before."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from dltui.cli import temporary_home
from dltui.cli.follow import Interruptible, Interrupts, live, quietly
from dltui.errors import DltuiError
from dltui.jobs import launch
from dltui.recipes import exercise as exercises
from dltui.recipes.exercise import Exercise
from dltui.runs.history import History
from dltui.runs.run import Run

SEEDS = 2
LIMITS = {"seconds": 180.0, "gib": 6.0}  # of one run of a file that may never end
MEMORY = "DLTUI_MEMORY"  # see dltui/engine/training/memory_limit.py


class Verdict(NamedTuple):
    """One claim of one run, or that the run did not come to its end: `got` says why then."""

    seed: int
    claim: str
    want: str
    got: float | str | None
    ok: bool


class Limited(NamedTuple):
    """An engine that is followed, and ended at once when its time is over."""

    followed: Interruptible
    until: float  # of time.monotonic()

    @property
    def run(self) -> Run:
        return self.followed.run

    @property
    def first(self) -> int:
        return self.followed.first

    @property
    def ends_from(self) -> int:
        return self.followed.ends_from

    @property
    def interrupts(self) -> Interrupts:
        return self.followed.interrupts

    @property
    def kept(self) -> bool:
        """Whether the run is there afterwards: `dltui replay` would not find it."""
        return False

    def ended(self) -> bool:
        if time.monotonic() > self.until:
            self.followed.engine.kill()
        return self.followed.ended()


def judged(exercise: Exercise, file: Path, env, *, shown: bool) -> list[Verdict]:
    """Runs the exercise's recipe with a learner's file; the first run is shown live, with `shown`, where that is
    possible. Raises DltuiError (2, 3) for a file that is no such part, (130, 143) where the user interrupted it."""
    verdicts: list[Verdict] = []
    with temporary_home.entered(), _limited_memory(), Interrupts(env.tell, hang_up=True) as interrupts:
        for number in range(SEEDS):
            seed = secrets.randbelow(90_000) + 10_000
            verdicts += _of_seed(exercise, file, seed, interrupts, env if shown and not number else None)
            if not all(verdict.ok for verdict in verdicts):
                break  # nothing is to be learned from more
    return verdicts


def _of_seed(exercise: Exercise, file: Path, seed: int, interrupts: Interrupts, env) -> list[Verdict]:
    recipe, changes = exercises.with_file(exercise, file, seed)
    engine = launch.start(recipe, owned=True, overrides=changes, argv=("exercise", exercise.name))
    followed = Limited(Interruptible(engine, interrupts), time.monotonic() + LIMITS["seconds"])
    history = live(followed, recipe, env) if env and env.animated else quietly(followed)
    if interrupts.status:
        hint = f"Go on from here: dltui exercise {exercise.name}"
        raise DltuiError("The check was interrupted.", hint, interrupts.status)
    if failure := _failure(history, followed):
        return [Verdict(seed, "runs to its end", "done", failure, False)]
    return [Verdict(seed, item["name"], item["want"], item["got"], item["ok"]) for item in history.finished["expect"]]


def _failure(history: History, followed: Limited) -> str:
    """Why a run came to no end, "" where it did."""
    finished = history.finished
    if finished is None and time.monotonic() > followed.until:
        return f"it was ended after {LIMITS['seconds']:.0f} s"
    if finished is None:
        return f"its engine died: {launch.last_words(followed.run, 1)}"
    return "" if finished["status"] == "done" else finished["error"] or finished["status"]


@contextmanager
def _limited_memory() -> Iterator[None]:
    before = os.environ.get(MEMORY)
    os.environ.setdefault(MEMORY, str(LIMITS["gib"]))
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(MEMORY, None)
