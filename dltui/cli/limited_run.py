"""Runs of what others wrote, a learner's file or a hand-in's recipe: limited in time and memory, and not kept."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from dltui.cli import temporary_home
from dltui.cli.follow import Interruptible, Interrupts, live, quietly
from dltui.errors import DltuiError
from dltui.jobs import launch
from dltui.recipes.recipe import Recipe
from dltui.runs.engine_lock import MEMORY_VARIABLE
from dltui.runs.history import History
from dltui.runs.run import Run

LIMITS = {"seconds": 180.0, "gib": 6.0}  # of one run


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


@contextmanager
def entered(env) -> Iterator[Interrupts]:
    """While the block runs, engines are limited in memory, their runs lie in a folder that is removed afterwards, and
    Ctrl-C ends them."""
    before = os.environ.get(MEMORY_VARIABLE)
    os.environ.setdefault(MEMORY_VARIABLE, str(LIMITS["gib"]))
    try:
        with temporary_home.entered(), Interrupts(env.tell, hang_up=True) as interrupts:
            yield interrupts
    finally:
        if before is None:
            os.environ.pop(MEMORY_VARIABLE, None)


def ran(
    recipe: Recipe, changes: Mapping[str, object], argv: tuple[str, ...], interrupts: Interrupts, env=None
) -> tuple[History, str]:
    """Runs a recipe, which has its `changes` already; returns its history, and why it came to no end or "".

    env: where it is shown live, if that can be. Raises DltuiError (130, 143) where the user interrupted it.
    """
    engine = launch.start(recipe, owned=True, overrides=changes, argv=argv)
    followed = Limited(Interruptible(engine, interrupts), time.monotonic() + LIMITS["seconds"])
    history = live(followed, recipe, env) if env and env.animated else quietly(followed)
    if interrupts.status:
        raise DltuiError("The check was interrupted.", f"Go on from here: dltui {' '.join(argv)}", interrupts.status)
    finished = history.finished
    if finished is None and time.monotonic() > followed.until:
        return history, f"it was ended after {LIMITS['seconds']:.0f} s"
    if finished is None:
        return history, f"its engine died: {launch.last_words(followed.run, 1)}"
    return history, "" if finished["status"] == "done" else finished["error"] or finished["status"]
