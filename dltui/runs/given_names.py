"""Names that the user gives to runs: each means one run, and none that a recipe, an id or another run has already."""

from collections.abc import Sequence

from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import files
from dltui.runs import annotations
from dltui.runs import run as runs
from dltui.runs.annotations import Annotations
from dltui.runs.run import Run

EXAMPLE = "Example: dltui runs name last first-try"


def give(run: Run, name: str) -> Annotations:
    """Names a run, '' takes its name away; returns what is noted of it then.

    Raises DltuiError: (2) for a name that cannot be one, or that means something else already, (1) where it cannot be
    written.
    """
    if name:
        if problems := [*annotations.name_problems(name)]:
            raise DltuiError(problems[0][0].upper() + problems[0][1:], EXAMPLE, ExitStatus.USAGE)
        if taken := _taken(run, name, runs.newest_first()):
            raise DltuiError(f'The name "{name}" is taken: {taken}', "Choose another one.", ExitStatus.USAGE)
    return annotations.change(run.path, lambda before: before._replace(name=name))


def _taken(run: Run, name: str, known: Sequence[Run]) -> str:
    """What a name means already, in words; '' where it is free."""
    if name in files.files():
        return "a recipe is called so, and it means the newest run of that."
    for other in known:
        if name == other.id:
            return "it is the id of a run."
        if name == other.recipe_name:
            return f"{other.id} was begun under it, and it means the newest such run."
    held = [other for other in runs.given(name, known) if other != run]
    return f"it is that of {held[0].id}." if held else ""
