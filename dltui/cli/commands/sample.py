"""`dltui sample`: new pictures from what was trained."""

from pathlib import Path
from typing import Annotated

import typer

from dltui.cli import trained_run
from dltui.cli.words import AsJson, RunWord, Variant
from dltui.jobs import engine_answer
from dltui.runs import run as runs

EXAMPLES = """
dltui sample gan-mnist
dltui sample last --count 16 --seed 7
"""
ROWS = 24  # lines of the picture


def command(
    context: typer.Context,
    word: RunWord,
    count: Annotated[int, typer.Option(min=1, max=4096, help="How many.")] = 64,
    seed: Annotated[int, typer.Option(min=0, help="The same seed, the same pictures.")] = 0,
    variant: Variant = "",
    as_json: AsJson = False,
) -> None:
    """New pictures from a trained run: the files' names on standard output, on a terminal the picture too."""
    env, run = context.obj, runs.find(word)
    trained_run.check(run, "sample")
    given = ["--count", str(count), "--seed", str(seed), *(["--variant", variant] if variant else [])]
    answer = engine_answer.ask("sample", str(run.path), *given)
    trained_run.tell(env, run, [answer], answer["notes"], variant=variant, as_json=as_json)
    if as_json:
        env.print_json({**trained_run.described(run, variant), **answer})
        return
    if env.animated:
        from dltui.cli.drawing import draw
        from dltui.render import frames

        event = {"series": "", "step": 0, "pane": "samples", "payload": answer["payload"]}
        folder = Path(answer["files"][0]).parent
        draw(env, lambda width, look: frames.picture(event, folder, width, ROWS, look))
    env.print("\n".join(answer["files"]))
