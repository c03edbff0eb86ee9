"""Starts what a screen asked for, or puts it into the queue. May take some tenths of a second: for a thread."""

from dltui.jobs import data_source, launch, queue
from dltui.jobs.launch import Engine
from dltui.jobs.queue import Entry
from dltui.recipes import recipe as recipes
from dltui.recipes.recipe import Recipe
from dltui.runs import unattended
from dltui.tui.form import word_of
from dltui.tui.messages import StartRun


def started(asked: StartRun) -> Engine:
    """Starts the engine of a new run. Raises DltuiError."""
    run = launch.prepare(_recipe(asked), **_start(asked))
    if asked.guess:
        unattended.add(run, "guess", **asked.guess)
    return launch.launched(run)


def queued(asked: StartRun) -> Entry:
    """Puts the run into the queue. Raises DltuiError."""
    return queue.add(_recipe(asked), **_start(asked))


def _recipe(asked: StartRun) -> Recipe:
    recipe = recipes.load(asked.recipe_word, asked.changes, full=asked.full)
    return data_source.with_source(recipe, named_here="data.from" in asked.changes)


def _start(asked: StartRun) -> dict:
    """What `launch.start` records: as if it had been typed."""
    changes = [word_of(key, value) for key, value in asked.changes.items()]
    options = [*(["--full"] if asked.full else []), *(["--device", asked.device] if asked.device != "auto" else [])]
    argv = ["run", asked.recipe_word, *changes, *options]
    return {"overrides": asked.changes, "full": asked.full, "device": asked.device, "argv": argv}
