"""`dltui show`: what a recipe teaches, claims and can be told."""

import time
from typing import Annotated

import typer

from dltui.cli import complete
from dltui.cli.columns import aligned, cell_width, explained
from dltui.cli.commands.kinds import described, print_options
from dltui.cli.pager import NoPager, paged
from dltui.cli.words import KindFiles
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes import check, exercise, files, parts, recipe, schema
from dltui.recipes.recipe import Recipe

EXAMPLES = """
dltui show mlp-moons
dltui show mlp-moons --lang ru
dltui show gan-mnist --layers
dltui show gan-mnist --toml > mine.toml
"""
WIDEST = 100  # cells of a line of prose
PICTURE_ROWS = 18


def command(
    context: typer.Context,
    word: Annotated[
        str, typer.Argument(metavar="RECIPE", help="A recipe's name or file.", autocompletion=complete.recipes)
    ],
    as_toml: Annotated[bool, typer.Option("--toml", help="The recipe's file, as it is.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, as JSON.")] = False,
    language: Annotated[
        str, typer.Option("--lang", metavar="en|ru", help="The lesson's language; by default the locale's.")
    ] = "",
    layers: Annotated[
        bool, typer.Option("--layers", help="Also the nets' layers, shapes and weights: builds them, some seconds.")
    ] = False,
    kinds: KindFiles = None,
    no_pager: NoPager = False,
) -> None:
    """A recipe: lesson, options, claim, commands to try. On a terminal it opens in your pager."""
    env = context.obj
    if language and language not in check.LANGUAGES:
        near = did_you_mean(language, check.LANGUAGES)
        raise DltuiError(f'There are no lessons in "{language}".', near, ExitStatus.USAGE)
    if as_toml:
        env.print(files.read_text(recipe.find(word)).rstrip("\n"))
        return
    shown = recipe.load(word, kinds=kinds or [])
    nets = _nets(shown) if layers else {}
    if as_json:
        env.print_json(_as_json(shown, nets))
        return
    with paged(env, no_pager) as page:
        _print(page, shown, word, language or env.language, nets)


def _print(env, shown: Recipe, word: str, language: str, nets: dict) -> None:
    """The whole page. word: what the recipe was called by; nets: see `_nets`."""
    _print_head(env, shown)
    print_lesson(env, shown.lesson(language))
    if env.animated:
        _print_picture(env, shown)
    for place, part, body in _parts(shown):
        env.print(f"\n[{place}]" + (f'  kind = "{part.kind}"' if place != "train" else ""), bold=True)
        env.print("\n".join(_filled(part.doc, env.width, "  ")))
        print_options(env, part, body)
    _print_rest(env, shown)
    _print_nets(env, nets)
    env.print("\nTry it", bold=True)
    name = shown.name if shown.path and recipe.is_bundled(shown.path) else word
    offers = [f"run {name}", f"new mine --from {name}", *(f"exercise {one}" for one in exercise.of_recipe(shown.name))]
    env.print("\n".join(f"  dltui {words}" for words in offers))


def _print_head(env, shown: Recipe) -> None:
    env.print(f"{shown.name}: {shown.title}", bold=True)
    env.print("\n".join(_filled(shown.summary, env.width)))
    rows = [("topic", shown.topic.partition("_")[2])] if shown.topic else []
    rows += [("time", f"about {shown.table['seconds']} s on two cores")] if "seconds" in shown.table else []
    rows += [("claim", _claims(shown.claims))] if shown.claims else []
    rows += [("on hub data", _claims(shown.hub_claims))] if shown.hub_claims else []
    rows += [("reference", reference) for reference in shown.table.get("refs", ())]
    if rows:
        env.print()
        env.print("\n".join(explained(rows, env.width)))


def _claims(claims: list) -> str:
    return ", ".join(f"{claim.name} {claim.want}" for claim in claims)


def print_lesson(env, lesson: str) -> None:
    if lesson:
        env.print("\nLesson", bold=True)
        env.print("\n".join(_filled(lesson, env.width, "  ")))


def _print_picture(env, shown: Recipe) -> None:
    """What the newest run of the recipe here looks like, where there is one with pictures."""
    from dltui.cli.drawing import draw
    from dltui.render import gallery
    from dltui.render.run_cells import age
    from dltui.runs import run as runs
    from dltui.runs.events import Tail
    from dltui.runs.facts import begun
    from dltui.runs.history import History

    run = next((run for run in runs.newest_first() if run.info().get("recipe") == shown.name), None)
    if run is None:
        return
    history = History(compact=True)
    history.take(Tail(run.log, stored=True).read())
    if history.frames:
        env.print(f"\nYour last run, {age(time.time() - begun(run))} ago: dltui replay {run.id}", bold=True)
        draw(env, lambda width, look: gallery.render(history, run, min(width, WIDEST), PICTURE_ROWS, look))


def _filled(text: str, width: int, indent: str = "") -> list[str]:
    """Paragraphs filled to the width, an indent before each line; what is indented already stays as it is."""
    room = min(width, WIDEST) - len(indent)
    if all(cell_width(line) <= room for line in text.splitlines()):
        return [indent + line if line else "" for line in text.splitlines()]
    from dltui.render.cells import wrapped  # Rich's tables: 20 ms

    lines = []
    for line in text.splitlines():
        lines += [line] if line.startswith(" ") else wrapped(line, room)  # a command must be copied whole
    return [(indent + line).rstrip() for line in lines]


def _parts(shown: Recipe) -> list[tuple[str, schema.Component, dict]]:
    """(place, component, the recipe's own values) of every section that has options."""
    found = []
    for section in schema.FOLDERS:
        for role, body in parts.roles(shown.table.get(section, {}), ""):
            place = f"{section}.{role}" if role else section
            found.append((place, schema.find(section, body["kind"]), body))
    return [*found, ("train", schema.train(), shown.table.get("train", {}))]


def _print_rest(env, shown: Recipe) -> None:
    for key in ("variants", "full", "twin"):
        rows = [(name, str(change)) for name, change in _changes(shown.table.get(key, {}))]
        if rows:
            env.print(f"\n[{key}]", bold=True)
            env.print("\n".join(explained(rows, env.table_width)))


def _changes(table: dict) -> list[tuple[str, str]]:
    return [(key, ", ".join(f"{k} = {v}" for k, v in files.flat(value)) if isinstance(value, dict) else value)
            for key, value in table.items()]  # fmt: skip


def _nets(shown: Recipe) -> dict:
    """What the engine says of the recipe's nets: {variants: [{names, models: {role: [{name, kind, shape,
    params}]}}], models, params, knobs}."""
    import tempfile
    from pathlib import Path

    from dltui.jobs import engine_answer

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recipe.toml"
        path.write_text(recipe.to_toml(shown), encoding="utf-8")
        return engine_answer.ask("describe", str(path))


def _print_nets(env, nets: dict) -> None:
    told = [(one["names"], *of_role) for one in nets.get("variants", ()) for of_role in one["models"].items()]
    for names, role, layers in told:
        of = f" ({', '.join(names)})" if names != [""] else ""
        head = f"Layers of {role}{of}: {sum(layer['params'] for layer in layers):,} weights"
        env.print("\n" + "\n".join(_filled(head, env.width)), bold=True)
        rows = [
            (f"{layer['name']}", layer["kind"], " x ".join(map(str, layer["shape"])), f"{layer['params']:,}")
            for layer in layers
        ]
        env.print("\n".join("  " + line for line in aligned(rows, env.table_width, right=(3,))))
    without = [name for one in nets.get("variants", ()) if not one["models"] for name in one["names"]]
    if without:
        env.print(f"\nNo net: {', '.join(without) if told else 'this recipe learns without one'}.", bold=True)


def _as_json(shown: Recipe, nets: dict) -> dict:
    kinds = [{"place": place, **described(schema.FOLDERS.get(place.partition(".")[0], "train"), part)}
             for place, part, _ in _parts(shown)]  # fmt: skip
    whole = {"name": shown.name, "topic": shown.topic, "file": str(shown.path), "recipe": shown.table, "kinds": kinds}
    return whole | ({"nets": nets} if nets else {})
