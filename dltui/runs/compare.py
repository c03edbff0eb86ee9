"""Runs side by side: short names, what was configured differently, and their curves laid over each other."""

from collections.abc import Mapping, Sequence

from dltui.recipes import files
from dltui.recipes import recipe as recipes
from dltui.recipes.claims import metric_of
from dltui.recipes.metric import of_event
from dltui.recipes.recipe import Recipe
from dltui.runs.events import first_event
from dltui.runs.history import History
from dltui.runs.run import Run

# no configuration
PROSE = ("title", "summary", "refs", "seconds", "place", "lesson", "expect", "predict", "name", "topic")
ASKED = ("device", "precision", "threads")  # of run.json


def short_names(found: Sequence[Run]) -> list[str]:
    """The names that were given to them, or the recipes' where these tell the runs apart, else with the ids' last four
    characters, else the ids."""
    given = [run.annotations.name for run in found]
    of_recipes = [run.recipe_name for run in found]
    with_ends = [f"{run.recipe_name}-{run.id[-4:]}" for run in found]
    for others in (of_recipes, with_ends):
        names = [name or other for name, other in zip(given, others, strict=True)]
        if len(set(names)) == len(names):
            return names
    return [run.id for run in found]


def configuration(run: Run) -> dict[str, object]:
    """Returns {dotted key: value} of all that decided how a run went.

    Raises DltuiError (2), (3) where its recipe.toml is broken or missing.
    """
    table = recipes.read_table(run.recipe_file)
    info = run.info()
    flat = dict(files.flat({key: value for key, value in table.items() if key not in PROSE}))
    return flat | {f"run.{key}": info[key] for key in ASKED if key in info}


def better(run: Run, metric: str) -> str:
    """Which way a metric of a run is better: "lower", "higher", or "" where its log does not tell."""
    started = first_event(run.log, "started") or {}
    declared = of_event(started.get("metrics")).get(metric_of(metric))
    return declared.better if declared else ""


def side_by_side(configurations: Sequence[Mapping[str, object]]) -> dict[str, list]:
    """Returns {key: a value a run}, in the order of the recipes; None where a run has no such key."""
    keys = dict.fromkeys(key for one in configurations for key in one)
    return {key: [one.get(key) for one in configurations] for key in keys}


def differs(values: Sequence[object]) -> bool:
    """Whether not all are the same."""
    return any(value != values[0] for value in values)


def different(configurations: Sequence[Mapping[str, object]]) -> dict[str, list]:
    """Returns {key: values} of the keys whose values are not the same in all; None where a key is missing."""
    return {key: values for key, values in side_by_side(configurations).items() if differs(values)}


def laid_over(histories: Sequence[History], names: Sequence[str]) -> History:
    """Returns one history in which each run, or each variant of it, is a series: what draws one run draws them all.

    The curves are those of `histories`, not copies. It is finished when all are.
    """
    over = History()
    series: list[str] = []
    for history, name in zip(histories, names, strict=True):
        series += [f"{name} {of}".strip() for of in (history.started or {}).get("series") or [""]]
        for (of, metric), curve in history.curves.items():
            over.curves[f"{name} {of}".strip(), metric] = curve
        over.step = max(over.step, history.step)
        over.version += history.version
        over.declared |= history.declared
    over.started = {"series": series, "steps": max((history.steps for history in histories), default=0)}
    over.finished = histories[0].finished if all(history.finished for history in histories) else None
    return over


def recipe_over(found: Sequence[Recipe]) -> Recipe:
    """Returns what tells which curves belong together: a recipe with the models and the claims of all of them."""
    models: dict[str, dict] = {}
    expect: dict[str, object] = {}
    for recipe in found:
        if len(recipe.models) > 1:
            models |= {role: {"kind": section.kind} for role, section in recipe.models.items()}
        expect |= {claim.name: claim.want for claim in recipe.claims}
    return Recipe("", "", None, {"title": "", "model": models, "expect": expect})
