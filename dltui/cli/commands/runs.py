"""`dltui runs`: past and present runs, the newest first; `dltui runs rm` deletes some."""

import time
from typing import Annotated

import typer

from dltui import run as runs
from dltui.cli import complete
from dltui.cli.columns import aligned
from dltui.cli.words import AsJson
from dltui.errors import DltuiError, ExitStatus
from dltui.run import Run, State

EXAMPLES = """
dltui runs
dltui runs mnist --all
dltui runs --json | jq -r '.[] | select(.status == "done") | .id'
dltui runs rm last
"""
NEWEST = 20
VALUES = 3  # of a run's summary, on its line


def list_runs(
    context: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[WORDS]...", help="Only runs whose id holds every word.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help=f"All, not only the {NEWEST} newest.")] = False,
    as_json: AsJson = False,
) -> None:
    """Runs with status, steps, key values and age, the newest first."""
    env = context.obj
    found = [run for run in runs.newest_first() if all(word.lower() in run.id for word in words or ())]
    shown = [(run, runs.state(run)) for run in (found if everything else found[:NEWEST])]
    if as_json:
        env.print_json([_as_json(run, state) for run, state in shown])
    elif not shown:
        env.tell("No runs yet: dltui run mlp-moons" if not words else f"No run holds {' and '.join(words)}.")
    else:
        rows = [("RUN", "STATUS", "STEPS", "VALUES", "AGE"), *(_cells(run, state) for run, state in shown)]
        header, *lines = aligned(rows, env.table_width, right=(2, 4))
        env.print(header, bold=True)
        env.print("\n".join(lines))
        if len(found) > len(shown):
            env.tell(f"{len(found) - len(shown)} more: dltui runs --all")


def _cells(run: Run, state: State) -> tuple[str, ...]:
    from dltui.render.number import number

    met = {True: ", claim met", False: ", claim not met", None: ""}[state.claim_met]
    values = ", ".join(f"{name} {number(value)}" for name, value in key_values(state))
    steps = f"{state.step}/{state.steps}" if state.steps else str(state.step)
    return run.id, state.status + met, steps, values, age(time.time() - begun(run))


def key_values(state: State) -> list[tuple[str, float]]:
    """The values of a summary that tell most: those that are claimed, else the first that are no side curves."""
    from dltui.render.metrics import is_side

    claimed = [item["name"] for item in state.expect if item["name"] in state.summary]
    others = [name for name in state.summary if not is_side(name) and not name.endswith((".first", ".min", ".max"))]
    return [(name, state.summary[name]) for name in (claimed or others)[:VALUES]]


def begun(run: Run) -> float:
    """When a run was made, in seconds since 1970, by the local time in its id; now where that is none."""
    day, clock = run.id.split("-")[-3:-1]
    try:
        parts = [int(day[:4]), int(day[4:6]), int(day[6:]), int(clock[:2]), int(clock[2:4]), int(clock[4:])]
        return time.mktime((*parts, 0, 0, -1))
    except (ValueError, OverflowError):
        return time.time()


def age(seconds: float) -> str:
    """Returns how long ago: 40 s, 5 min, 3 h, 12 d."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def _as_json(run: Run, state: State) -> dict:
    return {"id": run.id, "recipe": run.recipe_name, "path": str(run.path), "created": begun(run), **state._asdict()}


def remove(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="RUN...", help="Runs to delete.", autocompletion=complete.runs)],
) -> None:
    """Delete runs: logs, pictures and checkpoints. A run that is running stays."""
    found = {run.id: run for run in map(runs.find, words)}
    running = [run.id for run in found.values() if runs.engine_pid(run) is not None]
    if running:
        message = f"{', '.join(running)}: running; nothing was deleted."
        raise DltuiError(message, f"Stop it first: dltui stop {running[0]}", ExitStatus.USAGE)
    for run in found.values():
        runs.remove(run)
        context.obj.tell(f"deleted {run.id}")


SUBCOMMANDS = {"list": list_runs, "rm": remove}
