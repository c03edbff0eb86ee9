"""`dltui pause`: holds a running run still."""

import typer

from dltui.cli import asking, on_ssh
from dltui.cli.words import RunWord
from dltui.runs import run as runs

EXAMPLES = """
dltui pause last
dltui resume last
"""


def command(context: typer.Context, word: RunWord) -> None:
    """Hold a running run still until `dltui resume`."""
    run = runs.find(word)
    if on_ssh.forwarded(context.obj, run, "pause"):
        return
    answer = asking.asked(run, "pause")
    if answer is None:
        raise asking.not_yet(run)
    if answer["kind"] == "finished":
        context.obj.tell(f"{run.id} ended before it could be paused: {answer['status']}.")
    else:
        context.obj.tell(f"{run.id} is paused at step {answer['step']}. Let it go on: dltui resume {run.id}")
