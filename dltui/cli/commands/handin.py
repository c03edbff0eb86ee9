"""`dltui handin`: what one has done, as a zip for the teacher."""

import getpass
from pathlib import Path
from typing import Annotated

import typer

from dltui.errors import DltuiError, ExitStatus
from dltui.runs import handin
from dltui.text import clean_line

EXAMPLES = """
dltui handin --out ann.zip --name "Ann Lee"
"""


def command(
    context: typer.Context,
    out: Annotated[str, typer.Option("--out", metavar="FILE.zip", help="Where to; never overwrites.")] = "handin.zip",
    name: Annotated[str, typer.Option("--name", help="Yours, as the teacher knows it; by default the login's.")] = "",
) -> None:
    """Put what you have done into a zip for your teacher: exercises, and the run by which each recipe stands.

    No weights, no data and no pictures are in it.
    """
    env, path = context.obj, Path(out).expanduser()
    if path.suffix != ".zip":
        raise DltuiError(f"--out {out}: its name must end in .zip.", "Such as: --out ann.zip", ExitStatus.USAGE)
    if path.exists():
        raise DltuiError(f"{path} is there already.", "Choose another name.", ExitStatus.USAGE)
    named = clean_line(name or getpass.getuser()).strip()
    if not named or len(named) > handin.LONGEST_NAME:
        what = f"--name must have 1 to {handin.LONGEST_NAME} characters."
        raise DltuiError(what, 'Such as: --name "Ann Lee"', ExitStatus.USAGE)
    recipes, exercises = handin.write(path, named)
    env.print(str(path))
    env.tell(f"{named}: {recipes} recipes and {exercises} exercises, {path.stat().st_size >> 10:,} KiB.")
