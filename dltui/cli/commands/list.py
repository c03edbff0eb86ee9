"""`dltui list`: the recipes, in course order."""

from typing import Annotated

import typer

from dltui.cli import complete
from dltui.cli.columns import aligned
from dltui.cli.words import AsJson
from dltui.errors import DltuiError
from dltui.recipes import files
from dltui.recipes.files import find_topic
from dltui.runs import course

EXAMPLES = """
dltui list
dltui list mnist
dltui list --topic generative
dltui list --json | jq -r '.[].name'
"""


def command(
    context: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORDS]...", help="Only recipes that hold every word.")
    ] = None,
    topic: Annotated[str, typer.Option(help="Only one topic, by name or number.", autocompletion=complete.topics)] = "",
    as_json: AsJson = False,
) -> None:
    """Recipes: name, title, topic, time, claim."""
    env = context.obj
    found = [row for row in rows(topic) if all(word.lower() in _text(row) for word in words or ())]
    if as_json:
        env.print_json(found)
    elif not found:
        env.tell(f"No recipe holds {' and '.join(words or ())}.\nSee: dltui list")
    else:
        table = [("NAME", "TITLE", "TOPIC", "TIME", "CLAIM"), *map(_cells, found)]
        header, *lines = aligned(table, env.table_width, right=(3,), whole=(0,), first=(4, 1))
        env.print(header, bold=True)
        env.print("\n".join(lines))


def rows(topic: str = "") -> list[dict]:
    """Returns {name, title, summary, topic, seconds, claim, hub_claim} of every recipe, or of those of one topic.

    A recipe that is not TOML is listed with what is wrong as its title. Raises DltuiError (3) for an unknown topic.
    """
    folder = find_topic(topic) if topic else ""
    return [_row(name, path) for name, path in course.in_order().items() if folder in ("", path.parent.name)]


def _row(name: str, path) -> dict:
    try:
        table = files.read_parts(path, "expect")
    except DltuiError as error:
        table = {"title": str(error)}
    expect = table.get("expect")
    expect = expect if isinstance(expect, dict) else {}  # `check` tells what is wrong with it
    hub = expect.get("hub")
    return {
        "name": name,
        "title": str(table.get("title", "")),
        "summary": str(table.get("summary", "")),
        "topic": path.parent.name.partition("_")[2],
        "seconds": table.get("seconds"),
        "claim": {key: want for key, want in files.flat(expect) if not key.startswith("hub.")},
        "hub_claim": dict(files.flat(hub)) if isinstance(hub, dict) else {},
    }


def _text(row: dict) -> str:
    return " ".join((row["name"], row["title"], row["summary"], row["topic"])).lower()


def _cells(row: dict) -> tuple[str, ...]:
    claim = ", ".join(f"{name} {want}" for name, want in row["claim"].items())
    return row["name"], row["title"], row["topic"], f"{row['seconds']} s" if row["seconds"] else "", claim
