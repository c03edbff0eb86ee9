"""`dltui class --recheck N`: some of the claims that students say they met, run again."""

import random
import secrets
from collections.abc import Iterator
from typing import NamedTuple

from dltui.cli import limited_run
from dltui.errors import DltuiError
from dltui.recipes import files, seeds
from dltui.recipes import recipe as recipes
from dltui.recipes.recipe import Recipe
from dltui.runs.handin import Student
from dltui.runs.recipe_status import Mark


class Recheck(NamedTuple):
    """What came of one claim that was run again. outcome: met, not met, or why it could not be run."""

    student: str
    recipe: str
    outcome: str


def rechecked(students: list[Student], count: int, env) -> Iterator[Recheck]:
    """Yields what comes of `count` recipes drawn among those whose claims were met. The configuration is the student's,
    the claims are the recipe's own, and rows and seed are drawn anew."""
    met = [(student, name) for student in students for name, mark in student.recipes.items() if mark.kind == "met"]
    with limited_run.entered(env) as interrupts:
        for student, name in random.sample(met, min(count, len(met))):
            try:
                recipe, changes = _again(name, student.recipes[name])
                history, failure = limited_run.ran(recipe, changes, ("class", "--recheck"), interrupts)
            except DltuiError as fault:
                if interrupts.status:
                    raise
                yield Recheck(student.name, name, f"cannot be run: {fault.message}")
                continue
            ok = not failure and all(item["ok"] for item in history.finished["expect"])
            yield Recheck(student.name, name, failure or ("met" if ok else "not met"))


def _again(name: str, mark: Mark) -> tuple[Recipe, dict[str, object]]:
    """The recipe that a run in a hand-in tells, with our claims. Raises DltuiError for one that is not ours, or that
    names files of code, which are not run."""
    ours = files.files().get(name)
    if ours is None:
        raise DltuiError(f"{name} is no recipe of dltui's own, so its claims are whatever the student wrote")
    table = files.read_table(mark.run.recipe_file)
    if table.pop("kinds", None):
        raise DltuiError("it names files of code, and nobody's code is run unasked")
    for key in ("twin", "predict", "full", "lesson", "name", "topic"):
        table.pop(key, None)
    seed = secrets.randbelow(90_000) + 10_000
    changes: dict[str, object] = {"data.from": "builtin", "train.seed": seed}
    if seeds.of_data(table) is not None:
        changes["data.seed"] = seed
    return recipes.of_table({**table, "expect": files.read_table(ours)["expect"]}, ours, changes), changes
