"""`dltui list`: the recipes, in course order."""

from typing import Annotated

import typer

from dltui.cli import complete
from dltui.cli.fitted_table import Column, as_many, fitted
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
TITLE, CLAIM = 36, 20  # cells below which they are not worth a column beside others


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
        (header, *lines), left_out = fitted(_columns(found), env.table_width, ("TOPIC", "CLAIM"))
        env.print(header, bold=True)
        env.print("\n".join(lines))
        if left_out:
            env.tell(f"No room for {' and '.join(left_out)}: dltui show NAME, or a wider terminal")


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


def _columns(found: list[dict]) -> list[Column]:
    claims = [[f"{name} {want}" for name, want in row["claim"].items()] for row in found]
    return [
        Column("NAME", [row["name"] for row in found]),
        Column("TITLE", [row["title"] for row in found], least=TITLE),
        Column("TOPIC", [row["topic"] for row in found]),
        Column("TIME", [f"{row['seconds']} s" if row["seconds"] else "" for row in found], right=True),
        Column("CLAIM", claims, text=lambda texts, room: as_many(texts, room, "claim"), least=CLAIM),
    ]
