"""`dltui resume`: lets a paused run go on."""

import typer

from dltui.cli import asking, on_ssh
from dltui.cli.words import RunWord
from dltui.errors import DltuiError, ExitStatus
from dltui.runs import run as runs

EXAMPLES = """
dltui resume last
dltui run --resume last    # a run that stopped or whose engine died
"""


def command(context: typer.Context, word: RunWord) -> None:
    """Let a paused run go on. One that stopped goes on with `dltui run --resume RUN`."""
    run = runs.find(word)
    if on_ssh.forwarded(context.obj, run, "resume"):
        return
    state = runs.state(run)
    if state.live and state.status != "paused":
        raise DltuiError(f"{run.id} is not paused: it is {state.status}.", f"Watch it: dltui attach {run.id}",
                         ExitStatus.USAGE)  # fmt: skip
    answer = asking.asked(run, "resume")
    if answer is None:
        raise asking.not_yet(run)
    if answer["kind"] == "finished":
        context.obj.tell(f"{run.id} ended before it could go on: {answer['status']}.")
    else:
        context.obj.tell(f"{run.id} goes on from step {answer['step']}. Watch it: dltui attach {run.id}")
