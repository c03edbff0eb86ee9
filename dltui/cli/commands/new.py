"""`dltui new`: a copy of a recipe, to edit; or a net of one's own to begin with."""

import keyword
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from dltui.cli import complete, model_start
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import check, files, schema

EXAMPLES = """
dltui new mine --from mlp-mnist
dltui check mine.toml && dltui run mine.toml
dltui new --model my_net.py     # and its recipe my-net.toml, and its test
"""
MODEL_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")  # with dashes for _ it names a recipe


def command(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The new recipe's name: small letters, digits, dashes.")
    ] = "",
    source: Annotated[
        str, typer.Option("--from", metavar="RECIPE", help="What to copy.", autocompletion=complete.recipes)
    ] = "",
    model: Annotated[
        str, typer.Option("--model", metavar="FILE.py", help="A net of your own, its recipe and its test.")
    ] = "",
) -> None:
    """Copy a recipe to ./NAME.toml, to edit; or write a net of your own that runs, to begin with. Never overwrites."""
    if model and not (name or source):
        _begin_model(context.obj, model)
    elif name and source and not model:
        _copy(context.obj, name, source)
    else:
        what = "new needs NAME and --from RECIPE, or --model FILE.py alone."
        raise DltuiError(what, "Example: dltui new mine --from mlp-mnist", ExitStatus.USAGE)


def _copy(env, name: str, source: str) -> None:
    name = name.removesuffix(".toml")
    problem = next(check.name_problems(name), "")
    if problem:
        raise DltuiError(problem[0].upper() + problem[1:], "Example: dltui new mine --from mlp-mnist", ExitStatus.USAGE)
    path = Path(f"{name}.toml")
    _write({path: files.read_text(files.find(source))})
    env.print(str(path))
    env.tell(f"Edit it, then: dltui check {path} && dltui run {path}")


def _begin_model(env, word: str) -> None:
    path = Path(word).expanduser()
    kind = path.name.removesuffix(".py")
    if not MODEL_NAME.fullmatch(kind):
        what = f'"{path.name}" is no name of a model: small letters, digits and single _, and .py at the end.'
        raise DltuiError(what, "Example: dltui new --model my_net.py", ExitStatus.USAGE)
    if keyword.iskeyword(kind) or kind in sys.stdlib_module_names or kind in ("torch", "numpy", "dltui"):
        raise DltuiError(f'"{kind}" means something else in Python.', "Choose another name.", ExitStatus.USAGE)
    if schema.own_kind("model", kind):
        raise DltuiError(f'dltui has a model "{kind}" of its own.', "Choose another name.", ExitStatus.USAGE)
    texts = {path.with_name(name): text for name, text in model_start.files(kind).items()}
    _write(texts)
    env.print("\n".join(map(str, texts)))
    env.tell(f"Try it: dltui run {path.with_name(kind.replace('_', '-'))}.toml")


def _write(texts: dict[Path, str]) -> None:
    """Writes files, all or none. Raises DltuiError (2) where one is there already."""
    there = [path for path in texts if path.exists()]
    if there:
        raise DltuiError(f"{there[0]} is there already.", "Choose another name.", ExitStatus.USAGE)
    for path, text in texts.items():
        try:
            with open(path, "x", encoding="utf-8") as file:
                file.write(text)
        except FileExistsError:
            raise DltuiError(f"{path} is there already.", "Choose another name.", ExitStatus.USAGE) from None
        except OSError as error:
            raise DltuiError(f"{path}: {error.strerror}.", "Choose a folder that you may write to.") from None
