"""`dltui predict`: what a trained run says of files of the user's own."""

from typing import Annotated

import typer

from dltui.cli import steps_used
from dltui.cli.columns import aligned
from dltui.cli.words import AsJson, ReadWord, Variant
from dltui.errors import ExitStatus
from dltui.jobs import launch
from dltui.runs import run as runs

EXAMPLES = """
dltui predict lenet-mnist digit.png
dltui predict last pictures/*.png --json | jq -r '.rows[] | [.file, .label] | @tsv'
"""
SHOWN = 3  # classes on a line


def command(
    context: typer.Context,
    word: ReadWord,
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Pictures.")],
    variant: Variant = "",
    as_json: AsJson = False,
) -> ExitStatus:
    """What a trained run says of your pictures. Status 4 where one cannot be read."""
    env, run = context.obj, runs.find_to_read(word)
    given = ["--variant", variant] if variant else []
    answer = launch.ask("predict", str(run.path), *given, "--", *files)
    steps_used.tell(env, run, [answer], answer["notes"], as_json=as_json)
    good = [row for row in answer["rows"] if not row["error"]]
    if as_json:
        env.print_json(answer)
    elif good:
        rows = [("FILE", "LABEL", "PROBABILITIES"), *((row["file"], row["label"], _shares(row)) for row in good)]
        header, *lines = aligned(rows, env.table_width)
        env.print(header, bold=True)
        env.print("\n".join(lines))
    for row in answer["rows"]:
        if row["error"]:
            error = row["error"].removeprefix(f"{row['file']}: ")
            env.tell(f"{row['file']}: {error}")
    return ExitStatus.OK if len(good) == len(answer["rows"]) else ExitStatus.DATA


def _shares(row: dict) -> str:
    best = sorted(row["probabilities"].items(), key=lambda item: -item[1])[:SHOWN]
    return "  ".join(f"{name} {share:.1%}" for name, share in best)
