"""Whether a recipe was run here and met its claim: read from the newest runs, in a thread, for these may be many."""

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dltui.runs.run import Run, State

LOOKED_AT = 5  # newest runs of a recipe among which one that was judged is looked for


class Mark(NamedTuple):
    """How a recipe stands here. `run` is the run that says so."""

    kind: str  # live, met, missed, failed, ran
    run: "Run"
    count: int  # its runs here, all together
    state: "State"
    overrides: dict[str, object]  # what that run changed


def read(names: Collection[str]) -> dict[str, Mark]:
    """Returns recipe name -> mark for each of `names` that was run here."""
    from dltui.runs import run as runs  # 4 ms that the first screen needs not wait for

    of_recipe: dict[str, list[Run]] = {}
    for run in runs.newest_first():
        stem = run.recipe_name
        # a run that was given a name of its own (`--name`) tells its recipe only in its run.json
        recipe = stem if stem in names else run.info().get("recipe")
        if recipe in names:
            of_recipe.setdefault(recipe, []).append(run)
    return {name: mark(found) for name, found in of_recipe.items()}


def of_all(found: "list[Run]") -> dict[str, Mark]:
    """Returns recipe name -> mark for each recipe of some runs, the newest first."""
    of_recipe: dict[str, list[Run]] = {}
    for run in found:
        of_recipe.setdefault(str(run.info().get("recipe") or run.recipe_name), []).append(run)
    return {name: mark(same) for name, same in sorted(of_recipe.items())}


def mark(found: "list[Run]") -> Mark:
    """How a recipe stands by some runs of it, the newest first."""
    from dltui.runs import run as runs

    newest = None
    for run in found[:LOOKED_AT]:
        try:
            state = runs.state(run)
        except OSError:  # a folder that is going
            continue
        seen = Mark(_kind(state), run, len(found), state, {})
        newest = newest or seen
        if seen.kind in ("live", "met", "missed"):
            newest = seen
            break
    if newest is None:
        return Mark("ran", found[0], len(found), runs.State("lost", 0, 0, {}, [], 0.0, ""), {})
    return newest._replace(overrides=newest.run.info()["overrides"])


def _kind(state: "State") -> str:
    if state.live:
        return "live"
    if state.status in ("failed", "diverged", "lost"):
        return "failed"
    return {True: "met", False: "missed", None: "ran"}[state.claim_met]
