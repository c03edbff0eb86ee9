"""`dltui attach`: watches a run, live or finished, from its first step."""

import typer

from dltui.cli import on_ssh
from dltui.cli.follow import Attached, show
from dltui.cli.notifying import Notifier, Notify, NotifyStalled
from dltui.cli.words import AsEvents, ReadWord
from dltui.errors import ExitStatus
from dltui.jobs import over_ssh
from dltui.runs import annotations, engine_lock
from dltui.runs import run as runs

EXAMPLES = """
dltui attach last
dltui attach last --notify --notify-stalled 10
dltui attach mlp-moons --json | jq -c 'select(.kind == "note")'
"""


def command(
    context: typer.Context,
    word: ReadWord,
    as_json: AsEvents = False,
    notify: Notify = None,
    stalled: NotifyStalled = None,
) -> ExitStatus:
    """Watch a run from its first step. Ctrl-C leaves it running. The status is the run's own.

    --notify tells of the end of one that runs.
    """
    env, run = context.obj, runs.find_to_read(word)
    if not as_json and (noted := annotations.told(run.annotations)):
        env.tell(f"{run.id}: {noted}")
    live = runs.state(run).live
    try:
        with Notifier(env, "attach", notify, stalled) as notifier:
            if over_ssh.is_away(run):
                return on_ssh.followed(env, run, notifier, as_json=as_json)
            first = engine_lock.first_of(run.lock)
            status = show(Attached(run, ends_from=first, watch=notifier.watch), env, as_json=as_json)
            if live:
                notifier.run_ended(run, status)
            return status
    except KeyboardInterrupt:
        if runs.state(run).live:
            env.tell(f"{run.id} goes on. Watch it again: dltui attach {run.id}; end it: dltui stop {run.id}")
        raise
