"""`dltui runs`: past and present runs, the newest first; `dltui runs rm` deletes some."""

import time
from typing import Annotated

import typer

from dltui.cli import complete
from dltui.cli.columns import aligned
from dltui.cli.words import AsJson
from dltui.errors import DltuiError, ExitStatus
from dltui.runs import filter as filters
from dltui.runs import run as runs
from dltui.runs.facts import RunFacts
from dltui.runs.known_runs import FEW, KnownRuns

EXAMPLES = """
dltui runs
dltui runs mnist --all
dltui runs 'acc > 0.9' topic:generative claim:met
dltui runs 'optimizer.lr > 0.001' model.activation=relu
dltui runs --json status:done | jq -r '.[].id'
dltui runs rm last
"""
NEWEST = 20


def list_runs(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILTER]...",
            help="Words, recipe:R, topic:T, status:S, claim:met and conditions on values and settings such as"
            " 'acc > 0.9', 'optimizer.lr <= 0.01' or optimizer.kind=adam: all must hold.",
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help=f"All, not only the {NEWEST} newest.")] = False,
    as_json: AsJson = False,
) -> None:
    """Runs with status, steps, key values and age, the newest first."""
    env = context.obj
    wanted = " ".join(words or ())
    listed = runs.newest_first()
    known = KnownRuns() if len(listed) > FEW and (wanted or everything) else None
    found = [RunFacts(run, known) for run in listed]
    if wanted:
        found = _filtered(found, wanted)
    shown = found if everything else found[:NEWEST]
    if as_json:
        env.print_json([_as_json(facts) for facts in shown])
    elif not shown:
        env.tell(_nothing(wanted))
    else:
        rows = [("RUN", "STATUS", "STEPS", "VALUES", "AGE"), *map(_cells, shown)]
        header, *lines = aligned(rows, env.table_width, right=(2, 4), whole=(0,), first=(3,))
        env.print(header, bold=True)
        env.print("\n".join(lines))
        if len(found) > len(shown):
            env.tell(f"{len(found) - len(shown)} more: dltui runs --all")
    if known:
        known.keep(listed)


def _nothing(wanted: str) -> str:
    """What to say where no run fits."""
    if fault := runs.never_run(wanted):
        return str(fault)
    return f"No run fits: {wanted}" if wanted else "No runs yet: dltui run mlp-moons"


def _filtered(found: list[RunFacts], text: str) -> list[RunFacts]:
    """Those that fit. Only the logs of those are opened whose names fit."""
    wanted = filters.parse(text)
    found = [facts for facts in found if wanted.of_names.holds(facts)]
    if found and wanted.settings:
        wanted.check_settings(found, lambda: (key for facts in found for key in facts.keys_of_settings))
    if found and wanted.metrics:
        wanted = wanted.resolved({name for facts in found for name in facts.state.summary})
    return [facts for facts in found if wanted.holds(facts)]


def _cells(facts: RunFacts) -> tuple[str, ...]:
    from dltui.render.run_cells import age, status_text, steps_text, values_text

    state = facts.state
    return facts.id, status_text(state), steps_text(state), values_text(state), age(time.time() - facts.created)


def _as_json(facts: RunFacts) -> dict:
    run = facts.run
    return {
        "id": run.id, "recipe": facts.recipe, "path": str(run.path), "created": facts.created,
        **facts.state._asdict(), "steps": facts.state.step, "settings": facts.settings,
    }  # fmt: skip


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
