"""What was guessed before the first step of runs: the newest guess on each recipe, and how that run ended."""

from collections.abc import Collection
from itertools import islice

from dltui.errors import DltuiError
from dltui.recipes import prediction
from dltui.recipes.recipe import Recipe
from dltui.runs import events, recorded_recipe
from dltui.runs import run as runs
from dltui.runs.history import History
from dltui.runs.run import Run

LOOKED_AT = 20  # newest runs of a recipe among which one with a guess is looked for
FIRST = 50  # events of a log among which `started` stands


def newest(names: Collection[str]) -> dict[str, tuple[History, Recipe]]:
    """Returns recipe name -> (what a run came to, without its curves; its recipe), of the newest run with a guess."""
    found: dict[str, tuple[History, Recipe]] = {}
    looked: dict[str, int] = {}
    for run in runs.newest_first():
        name = run.recipe_name
        if name in found or name not in names or looked.get(name, 0) >= LOOKED_AT:
            continue
        looked[name] = looked.get(name, 0) + 1
        if told := _told(run):
            found[name] = told
    return found


def _told(run: Run) -> tuple[History, Recipe] | None:
    """None where nothing was guessed, or the run is not to be read."""
    try:
        history = History()
        for event in islice(events.Tail(run.log).read(), FIRST):
            history.take([event] if event["kind"] in ("guess", "started") else [])
            if history.started or (event["seq"] == 0 and event["kind"] != "guess"):
                break
        if history.guess is None:
            return None
        recipe = recorded_recipe.read(run)[0]
        asked = prediction.of(recipe.table)
        if asked and asked.shape:  # the whole curve is the answer
            history = History(compact=True)
            history.take(events.Tail(run.log).read())
            return history, recipe
        last = events.last_event(run.log)
        history.take([last] if last and last["kind"] == "finished" else [])
        return history, recipe
    except (OSError, DltuiError):
        return None
