"""`dltui stop`: ends a running run; it saves a checkpoint first."""

from typing import Annotated

import typer

from dltui.cli import asking, on_ssh
from dltui.cli.words import RunWord
from dltui.errors import DltuiError
from dltui.jobs import cluster, engine_control
from dltui.runs import run as runs

EXAMPLES = """
dltui stop last
dltui stop last --now
dltui run --resume last
"""
PATIENCE = 30.0  # seconds for the last checkpoint


def command(
    context: typer.Context,
    word: RunWord,
    now: Annotated[bool, typer.Option("--now", help="End it at once, without a checkpoint.")] = False,
) -> None:
    """Stop a running run. It saves a checkpoint first and can be resumed from there."""
    env, run = context.obj, runs.find(word)
    if on_ssh.forwarded(env, run, "stop", *(["--now"] if now else [])):
        return
    if cluster.withdraw(run):
        env.tell(f"{run.id} had not begun: its job is out of the cluster's queue.")
        return
    if now:
        if not engine_control.kill(run):
            raise DltuiError(f"{run.id} is not running: it is {runs.state(run).status}.", "Those that run: dltui runs")
        asking.ended(run, PATIENCE)
        env.tell(f"{run.id} was ended at once. Go on from its last checkpoint: dltui run --resume {run.id}")
        return
    asking.asked(run, "stop")
    if not asking.ended(run, PATIENCE):
        raise asking.not_yet(run, f"Watch it: dltui attach {run.id}; or end it at once: dltui stop {run.id} --now")
    state = runs.state(run)
    env.tell(f"{run.id} {state.status} at step {state.step} of {state.steps}.")
    if state.status == "stopped":
        env.tell(f"Go on with it: dltui run --resume {run.id}")
