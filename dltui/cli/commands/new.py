"""`dltui new`: a copy of a recipe, to edit."""

from pathlib import Path
from typing import Annotated

import typer

from dltui.cli import complete
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import check, files

EXAMPLES = """
dltui new mine --from mlp-mnist
dltui check mine.toml && dltui run mine.toml
"""


def command(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The new recipe's name: small letters, digits, dashes.")],
    source: Annotated[
        str, typer.Option("--from", metavar="RECIPE", help="What to copy.", autocompletion=complete.recipes)
    ],
) -> None:
    """Copy a recipe to ./NAME.toml, to edit. Never overwrites."""
    name = name.removesuffix(".toml")
    problem = next(check.name_problems(name), "")
    if problem:
        raise DltuiError(problem[0].upper() + problem[1:], "Example: dltui new mine --from mlp-mnist", ExitStatus.USAGE)
    path = Path(f"{name}.toml")
    text = files.read_text(files.find(source))
    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise DltuiError(f"{path} is there already.", "Choose another name.", ExitStatus.USAGE) from None
    context.obj.print(str(path))
    context.obj.tell(f"Edit it, then: dltui check {path} && dltui run {path}")
