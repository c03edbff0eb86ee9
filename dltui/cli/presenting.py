"""`--present`: a run shown large, for a projector, with its lesson turned over by keys."""

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Annotated

import typer

from dltui.cli import keyboard
from dltui.cli.follow import LOOK, Interruptible, end_of, recipe_of, summarised
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.recipe import Recipe
from dltui.runs.run import Run

Present = Annotated[
    bool, typer.Option("--present", help="For a projector: large and few words; space turns the lesson over.")
]


def check(env) -> None:
    """Raises DltuiError (2) where nobody sits at a terminal that could show it."""
    if not env.is_visit:
        what = "--present needs a terminal to show it on and to press keys at."
        raise DltuiError(what, "Elsewhere the run's result is told without it.", ExitStatus.USAGE)


def followed(of: Interruptible, env) -> ExitStatus:
    """Presents a run of ours until it is left, and returns its exit status. One that goes on then is left to itself."""
    from dltui.render.presenter import presenter
    from dltui.render.terminal_capabilities import detect

    run, interrupts = of.run, of.interrupts
    recipe = recipe_of(run, env)
    shown = presenter(run, recipe, env.language, partial(keyboard.pressed, env.stdin))
    watcher, over = shown.watcher, False
    interrupts.tell = lambda text: setattr(watcher, "said", text)
    watcher.history.ends_from = of.ends_from

    def feed() -> None:
        nonlocal over
        ended = of.ended()  # before the log: what was written last is read still
        watcher.poll()
        finished = watcher.history.finished is not None
        watcher.lost = ended and not finished and not watcher.behind
        over = bool(interrupts.status) and (ended or finished)  # whoever pressed Ctrl-C wants to leave

    shown.show(env.stdout, detect(env.variables, env.stdout), feed, over=lambda: over)
    if not (shown.left or over):
        raise BrokenPipeError  # the terminal is gone; the run goes on
    if not watcher.history.finished and not of.ended():
        of.engine.leave()
        env.tell(f"{run.id} goes on. Watch it: dltui attach {run.id}; stop it: dltui stop {run.id}")
        return ExitStatus.OK
    summarised(of, watcher.history, recipe, env)
    while not of.ended():  # it has written its last event and leaves
        time.sleep(LOOK)
    return end_of(of, watcher.history, env, told=True)


def replayed(run: Run, recipe: Recipe, env, speed: float):
    """Presents a run's log again, `speed` times as fast as it came, until it is left; returns its history."""
    from dltui.render.presenter import Again, presenter
    from dltui.render.terminal_capabilities import detect

    shown = presenter(run, recipe, env.language, partial(keyboard.pressed, env.stdin))
    with _terminable():
        return shown.show(env.stdout, detect(env.variables, env.stdout), Again(run, shown.watcher.history, speed))


@contextmanager
def _terminable() -> Iterator[None]:
    """A SIGTERM leaves the view, so that the terminal gets its screen and its cursor back."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(_number: int, _frame: object) -> None:
        raise SystemExit(int(ExitStatus.TERMINATED))

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
