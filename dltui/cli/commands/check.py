"""`dltui check`: every problem of recipe files at once."""

from typing import Annotated

import typer

from dltui.cli import complete
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import recipe

EXAMPLES = """
dltui check mine.toml
dltui check *.toml
dltui check mlp-mnist
"""


def command(
    context: typer.Context,
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Recipe files, or names.", autocompletion=complete.recipes)
    ],
) -> ExitStatus:
    """Validate recipe files, as they are and as --full makes them. Status 2, with every problem.

    Nothing is imported or run.
    """
    worst = ExitStatus.OK
    for word in files:
        problems: list[str] = []
        for full in (False, True):
            try:
                recipe.load(word, full=full)
            except DltuiError as error:
                problems += [line for line in str(error).splitlines() if line not in problems]
                worst = max(worst, error.status)
        if problems:
            context.obj.tell("\n".join(problems))
        else:
            context.obj.print(f"{word}: ok")
    return worst
