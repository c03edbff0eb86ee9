"""`dltui kinds`: what a recipe can name, with the options of each."""

from pathlib import Path
from typing import Annotated

import typer

from dltui.cli import complete
from dltui.cli.columns import aligned, explained
from dltui.cli.words import AsJson, KindFiles
from dltui.errors import DltuiError, ExitStatus, did_you_mean, nearest, suggested
from dltui.recipes import kind_files, kind_warnings, schema

EXAMPLES = """
dltui kinds
dltui kinds models
dltui kinds models mlp
dltui kinds train
dltui kinds models my_net --kinds my_net.py
dltui kinds --json
"""
BETTER = {"lower": "lower is better", "higher": "higher is better", "": ""}
TRAIN = "train"  # not a folder of kinds, but it has options


def command(
    context: typer.Context,
    folder: Annotated[
        str,
        typer.Argument(
            metavar="[FOLDER]",
            help=f"{', '.join(schema.FOLDERS.values())} or train.",
            autocompletion=complete.folders,
        ),
    ] = "",
    kind: Annotated[str, typer.Argument(metavar="[NAME]", help="One kind.", autocompletion=complete.kinds)] = "",
    files: KindFiles = None,
    as_json: AsJson = False,
) -> None:
    """What a recipe can name as `kind`, with options, types, defaults and meanings."""
    env = context.obj
    for text in kind_warnings.of_files(kind_files.declare(files or [], Path.cwd())):
        env.tell(text)
    found = [(place, part) for place in _folders(folder) for part in _components(place, kind)]
    if as_json:
        env.print_json([described(place, part) for place, part in found])
    elif kind or folder == TRAIN:
        for _, part in found:
            env.print(part.doc)
            env.print()
            print_options(env, part)
            if part.metrics:
                env.print("\nwhat it measures", bold=True)
                rows = [(name, BETTER[metric.better], metric.meaning) for name, metric in part.metrics.items()]
                env.print("\n".join(explained(rows, env.table_width)))
    else:
        rows = [(place, part.kind, part.doc) for place, part in found]
        env.print("\n".join(aligned(rows, env.table_width)))


def described(folder: str, part: schema.Component) -> dict:
    """Returns a component as a JSON object."""
    fields = ("name", "type", "default", "choices", "help")
    given = [{field: getattr(option, field) for field in fields} for option in part.options.values()]
    metrics = {name: metric.as_event() for name, metric in part.metrics.items()}
    about = {"folder": folder, "kind": part.kind, "doc": part.doc, "file": str(part.path), "options": given}
    return about | ({"metrics": metrics} if metrics else {})


def print_options(env, part: schema.Component, values: dict | None = None) -> None:
    """Prints the table of a component's options; `values`, a recipe's own, stand in place of the defaults."""
    if not part.options:
        env.print("  no options")
        return
    shown = values or {}
    rows = [
        (option.name, toml_value(shown.get(option.name, option.default)), option.described, option.help)
        for option in part.options.values()
    ]
    env.print("\n".join(explained(rows, env.table_width)))


def toml_value(value: object) -> str:
    """Returns a value as a recipe writes it: true, "text", [64, 32]."""
    import json

    return "none" if value is None else json.dumps(value, ensure_ascii=False)


def _folders(folder: str) -> list[str]:
    known = [*schema.FOLDERS.values(), TRAIN]
    singular = {section: place for section, place in schema.FOLDERS.items()}
    place = singular.get(folder, folder)
    if place and place not in known:
        raise _no_folder(folder, known)
    return [place] if place else known[:-1]


def _no_folder(word: str, known: list[str]) -> DltuiError:
    """The error (3) for a word that is no folder: a kind, perhaps, given without the folder that it is in."""
    of = [(section, place) for section, place in schema.FOLDERS.items() if word in schema.kinds(section)]
    if of:
        what = " and ".join(f"{'an' if section[0] in 'aeiou' else 'a'} {section}" for section, _ in of)
        see = " or ".join(f"dltui kinds {place} {word}" for _, place in of)
        return DltuiError(f'"{word}" is {what}, not a folder of kinds.', f"See: {see}", ExitStatus.NOT_FOUND)
    kinds = (f"{place} {kind}" for section, place in schema.FOLDERS.items() for kind in schema.kinds(section))
    near = nearest(word, known) or nearest(word, kinds)
    hint = f"{suggested(near) if near else did_you_mean(word, known)} See: dltui kinds"
    return DltuiError(f'There are no kinds of "{word}".', hint, ExitStatus.NOT_FOUND)


def _components(folder: str, kind: str) -> list[schema.Component]:
    if folder == TRAIN:
        return [schema.train()]
    section = next(section for section, place in schema.FOLDERS.items() if place == folder)
    if kind:
        try:
            return [schema.find(section, kind)]
        except DltuiError as error:
            raise DltuiError(f"{folder}: {error.message}", error.hint, ExitStatus.NOT_FOUND) from None
    return [schema.read(path, name) for name, path in schema.kinds(section).items()]
