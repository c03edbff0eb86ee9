"""Data sets and their cache; without a sub-command: the list."""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from dltui import paths
from dltui.cli import complete, hub_sets, looked_at
from dltui.cli.columns import aligned, explained
from dltui.cli.sizes import folder_size, size_in_words
from dltui.cli.words import AsJson
from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import engine_answer
from dltui.recipes import hub_name, overrides, schema
from dltui.recipes import recipe as recipes
from dltui.regular_file import near_absent

EXAMPLES = """
dltui data list
dltui data info mnist
dltui data fetch mnist      # so that a run needs no network
dltui data rm mnist
dltui data look pictures/              # what is understood of files of your own, before any run
dltui data look rows.csv --recipe logistic-regression data.label=species
dltui data info hf:zalando-datasets/fashion_mnist    # any data set of the hub: splits, sizes, columns
dltui data look hf:zalando-datasets/fashion_mnist data.take=1000
"""
PICTURE_LINES = 20  # of the terminal, for the first rows
Kind = Annotated[
    str, typer.Argument(metavar="NAME", help="A data set, or hf:OWNER/NAME.", autocompletion=complete.data_kinds)
]
Settings = Annotated[
    list[str] | None, typer.Argument(metavar="[KEY=VALUE]...", help="How it is read, e.g. data.label=species")
]
For = Annotated[
    str, typer.Option(metavar="RECIPE", help="Read it as this recipe does.", autocompletion=complete.recipes)
]


def list_kinds(context: typer.Context, as_json: AsJson = False) -> None:
    """Every data set, where it comes from, and how much of it is cached."""
    env = context.obj
    parts = [schema.read(path, name) for name, path in schema.kinds("data").items()]
    found = [
        {"name": one.kind, "about": one.doc, "from": _sources(one), "cached": cached_size(one.kind)} for one in parts
    ]
    named = hub_sets.kept()
    if as_json:
        env.print_json({"cache": str(paths.datasets()), "data": found, "hub": named})
        return
    rows = [("NAME", "FROM", "CACHED", "ABOUT")]
    rows += [(row["name"], ", ".join(row["from"]), size_in_words(row["cached"]), row["about"]) for row in found]
    header, *lines = aligned(rows, env.table_width, right=(2,))
    env.print(header, bold=True)
    env.print("\n".join(lines))
    if named:
        header, *lines = aligned(
            [("FROM THE HUB", "ROWS", "CACHED", "COMMIT"),
             *((row["name"], f"{row['rows']:,}", size_in_words(row["cached"]), row["commit"][:7]) for row in named)],
            env.table_width,
            right=(1, 2),
        )  # fmt: skip
        env.print("")
        env.print(header, bold=True)
        env.print("\n".join(lines))
    env.tell(f"cache: {paths.datasets()}")


def info(
    context: typer.Context, kind: Kind, settings: Settings = None, recipe: For = "", as_json: AsJson = False
) -> None:
    """One data set: rows, classes, sources, options, cache. The hub is asked of hf:OWNER/NAME only."""
    env = context.obj
    if hub_name.is_hub_name(kind):
        answer = _ask_hub(kind, recipe, settings, "--only-info", report=env.tell)
        env.print_json(answer) if as_json else env.print("\n".join(hub_sets.lines(answer, env.table_width)))
        return
    part = _found(kind)
    answer = engine_answer.ask("fetch", kind, "--only-info")
    if as_json:
        env.print_json({**answer, "cached": cached_size(kind)})
        return
    env.print(part.doc, bold=True)
    rows = [
        ("from", ", ".join(_sources(part))),
        ("rows", f"{answer['train']:,} to train on, {answer['test']:,} to test on ({answer['detail']})"),
        ("classes", ", ".join(map(str, answer["classes"]))),
        ("cached", f"{size_in_words(cached_size(kind)) or 'nothing'} in {paths.datasets() / kind}"),
    ]
    env.print("\n".join(explained([row for row in rows if row[1]], env.table_width)))
    from dltui.cli.commands.kinds import print_options

    print_options(env, part)


def fetch(
    context: typer.Context, kind: Kind, settings: Settings = None, recipe: For = "", as_json: AsJson = False
) -> None:
    """Fetch a data set from the hub into the cache: anew where the hub has a newer one."""
    env = context.obj
    if hub_name.is_hub_name(kind):
        answer = _ask_hub(kind, recipe, settings, report=env.tell)
        rows = ", ".join(f"{count:,} {split}".strip() for split, count in answer["rows"].items())
        what = f"{answer['name']}: {rows or 'files'}, as {answer['kind']}, commit {answer['commit'][:7]}"
        env.print_json(answer) if as_json else env.print(f"{what}, in {answer['path']}")
        return
    part = _found(kind)
    if "hub" not in _sources(part):
        env.tell(f"{kind} needs no fetching: it comes from {', '.join(_sources(part))}.")
        return
    answer = engine_answer.ask("fetch", kind, report=env.tell)
    if as_json:
        env.print_json({**answer, "cached": cached_size(kind)})
    else:
        env.print(f"{kind}: {answer['rows']:,} rows, {size_in_words(cached_size(kind))} in {paths.datasets() / kind}")


def _ask_hub(name: str, recipe: str, settings: list[str] | None, *words: str, report) -> dict:
    named = str(hub_name.parse(name))  # before an engine is started
    kind, options, _ = _asked_for(recipe, overrides.parse(settings or []))
    return engine_answer.ask(
        "fetch", named, "--kind", kind, "--options", json.dumps(options), *words, report=report
    )  # fmt: skip


def look(
    context: typer.Context,
    path: Annotated[str, typer.Argument(metavar="PATH", help="A file or a folder of your own, or hf:OWNER/NAME.")],
    settings: Settings = None,
    recipe: For = "",
    as_json: AsJson = False,
) -> None:
    """What is understood of your own data, before any run: rows, columns, classes, split, and what is passed over."""
    env = context.obj
    kind, options, takes = _asked_for(recipe, overrides.parse(settings or []))
    path = str(hub_name.parse(path)) if hub_name.is_hub_name(path) else _existing(Path(path))
    given = ["--kind", kind, "--options", json.dumps(options), "--takes", json.dumps(takes)]
    with tempfile.TemporaryDirectory(prefix="dltui-look-") as folder:
        answer = engine_answer.ask("look", path, *given, "--folder", folder, report=env.tell)
        if as_json:
            env.print_json({**answer, "payload": None})
            return
        env.print("\n".join(looked_at.lines(answer, env.table_width)))
        if answer["payload"] and env.animated:
            from dltui.cli.drawing import draw
            from dltui.render import frames

            event = {"series": "", "step": 0, "pane": "first rows", "payload": answer["payload"]}
            draw(env, lambda width, look: frames.picture(event, Path(folder), width, PICTURE_LINES, look))


def _existing(path: Path) -> str:
    """The path in full. Raises DltuiError before an engine is started, which takes seconds, where nothing is there."""
    path = path.expanduser().absolute()
    if not path.exists():
        raise DltuiError(f"{path}: there is no such file or folder.", near_absent(path), ExitStatus.NOT_FOUND)
    return str(path)


def _asked_for(recipe: str, changes: dict[str, object]) -> tuple[str, dict, tuple[str, ...]]:
    """The data kind and options of a recipe, and what other rows it takes; without one, no kind and the options that
    were given."""
    others = [key for key in changes if not key.startswith("data.")]
    if others:
        what = f"{others[0]} says nothing of how data are read."
        raise DltuiError(what, "Give data.KEY=VALUE, such as data.label=species.", ExitStatus.USAGE)
    if not recipe:
        return "", {key.removeprefix("data."): value for key, value in changes.items()}, ()
    found = recipes.load(recipe, changes, changed_in=overrides.COMMAND_LINE)
    first = next(iter(found.variants.values()))
    if (data := first.data) is None:
        raise DltuiError(f"{recipe} takes no data.", "See: dltui list", ExitStatus.USAGE)
    return data.kind, dict(data.options), first.takes


def remove(
    context: typer.Context,
    kinds: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="Data sets.", autocompletion=complete.data_kinds)
    ],
) -> None:
    """Delete what the cache holds of data sets. It is fetched again when it is needed."""
    named = {kind: hub_name.parse(kind) if hub_name.is_hub_name(kind) else None for kind in kinds}
    for kind, of_hub in named.items():
        if of_hub is None:
            _found(kind)
    for kind, of_hub in named.items():
        size, folder = hub_sets.remove(of_hub) if of_hub else cached_size(kind), paths.datasets() / kind
        if not of_hub and folder.is_dir():
            shutil.rmtree(folder)
        context.obj.tell(f"{kind}: {size_in_words(size)} deleted" if size else f"{kind}: nothing was cached")


def cached_size(kind: str) -> int:
    """Returns the bytes that the cache holds of a data set."""
    return folder_size(paths.datasets() / kind)


def _sources(part: schema.Component) -> list[str]:
    return list(part.constants.get("SOURCES", ()))


def _found(kind: str) -> schema.Component:
    try:
        return schema.find("data", kind)
    except DltuiError as error:
        hint = f"{error.hint.partition(' See:')[0]} See: dltui data list"
        raise DltuiError(f'There is no data set "{kind}".', hint, ExitStatus.NOT_FOUND) from None


SUBCOMMANDS = {"list": list_kinds, "info": info, "fetch": fetch, "rm": remove, "look": look}
