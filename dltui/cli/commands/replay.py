"""`dltui replay`: a run's log again, as it looked."""

from typing import Annotated

import typer

from dltui.cli import presenting
from dltui.cli.follow import LINE, Attached, recipe_of, summarised
from dltui.cli.presenting import Present
from dltui.cli.words import ReadWord
from dltui.errors import DltuiError, ExitStatus
from dltui.runs import run as runs
from dltui.runs.events import Tail
from dltui.runs.history import History
from dltui.runs.run import Run

EXAMPLES = """
dltui replay last
dltui replay gan-mnist --speed 10
dltui replay last --present    # for a projector: large, with the lesson; space, b, p, q
"""


def command(
    context: typer.Context,
    word: ReadWord,
    speed: Annotated[float, typer.Option(min=0.01, help="How many times as fast as it was.")] = 1.0,
    present: Present = False,
) -> None:
    """A run's log again, through the same view. Silences are cut to two seconds; Ctrl-C leaves."""
    if present:
        presenting.check(context.obj)
    env, run = context.obj, runs.find_to_read(word)
    if not run.log.exists():
        raise DltuiError(f"{run.id} has no events yet.", f"Watch it: dltui attach {run.id}", ExitStatus.NOT_FOUND)
    recipe = recipe_of(run, env)
    if present:
        history = presenting.replayed(run, recipe, env, speed)
    elif env.animated:
        from dltui.render.terminal_capabilities import detect
        from dltui.render.watch import Watcher

        history = Watcher(run, recipe).replay(env.stdout, detect(env.variables, env.stdout), speed=speed)
    else:
        history = _as_lines(run, env)
    summarised(Attached(run), history, recipe, env)
    if not history.finished and runs.state(run).live:
        env.tell(f"{run.id} goes on. Watch it: dltui attach {run.id}")


def _as_lines(run: Run, env) -> History:
    """The lines that `dltui run` told, at once: off a terminal nobody waits."""
    from dltui.render.plain import progress_line

    history, tail, due = History(compact=True), Tail(run.log, stored=True), 0.0
    for event in tail.read():
        history.take((event,))
        due = due or event["t"] + LINE
        if event["kind"] == "note" and event["level"] != "progress":
            env.tell(event["text"])
        if event["t"] >= due and not history.finished:
            env.tell(progress_line(history, event["t"]))
            due = event["t"] + LINE
    history.unreadable = tail.unreadable
    return history
