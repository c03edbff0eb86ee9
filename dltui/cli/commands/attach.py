"""`dltui attach`: watches a run, live or finished, from its first step."""

import typer

from dltui.cli.follow import Attached, show
from dltui.cli.words import AsEvents, ReadWord
from dltui.errors import ExitStatus
from dltui.runs import engine_lock
from dltui.runs import run as runs

EXAMPLES = """
dltui attach last
dltui attach mlp-moons --json | jq -c 'select(.kind == "note")'
"""


def command(context: typer.Context, word: ReadWord, as_json: AsEvents = False) -> ExitStatus:
    """Watch a run from its first step. Ctrl-C leaves it running. The status is the run's own."""
    env, run = context.obj, runs.find_to_read(word)
    try:
        return show(Attached(run, ends_from=engine_lock.first_of(run.lock)), env, as_json=as_json)
    except KeyboardInterrupt:
        if runs.state(run).live:
            env.tell(f"{run.id} goes on. Watch it again: dltui attach {run.id}; end it: dltui stop {run.id}")
        raise
