"""`dltui check`: every problem of recipe files at once."""

from pathlib import Path
from typing import Annotated

import typer

from dltui.cli import complete
from dltui.cli.words import KindFiles
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import kind_warnings, overrides, recipe

EXAMPLES = """
dltui check mine.toml
dltui check *.toml
dltui check mlp-mnist optimizer.lr=0.01
dltui check lenet-mnist model.kind=my_net --kinds my_net.py
"""


def command(
    context: typer.Context,
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE... [KEY=VALUE]...",
            help="Recipe files, or names, and changes to them as of dltui run.",
            autocompletion=complete.recipes,
        ),
    ],
    kinds: KindFiles = None,
) -> ExitStatus:
    """Validate recipe files, as they are and as --full makes them. Status 2, with every problem.

    Nothing is imported or run. What files of your own say and dltui does not read is told too, and is no fault.
    """
    worst = ExitStatus.OK
    settings = [word for word in files if "=" in word and not Path(word).exists()]
    changes = overrides.parse(settings)
    names = [word for word in files if word not in settings]
    if not names:
        raise DltuiError("check needs a recipe's name or file.", f"dltui check mlp-mnist {files[0]}", ExitStatus.USAGE)
    for word in names:
        problems: list[str] = []
        own: list[str] = []  # files of kinds
        for full in (False, True):
            try:
                sound = recipe.load(word, changes, full=full, changed_in=overrides.COMMAND_LINE, kinds=kinds or [])
            except DltuiError as error:
                problems += [line for line in str(error).splitlines() if line not in problems]
                worst = max(worst, error.status)
            else:
                own = sound.table.get("kinds", [])
        for text in kind_warnings.of_files(own):
            context.obj.tell(text)
        if problems:
            context.obj.tell("\n".join(problems))
        else:
            context.obj.print(f"{word}: ok")
    return worst
