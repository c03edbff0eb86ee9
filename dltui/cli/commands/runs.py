"""`dltui runs`: past and present runs, the newest first; rm deletes some; tag, note, name, pin and group keep order."""

import time
from typing import Annotated

import typer

from dltui.cli import annotating
from dltui.cli.fitted_table import Column, fitted
from dltui.cli.removal import remove
from dltui.cli.run_choice import filtered
from dltui.cli.words import AsJson
from dltui.runs import run as runs
from dltui.runs.annotations import Annotations
from dltui.runs.facts import RunFacts
from dltui.runs.known_runs import FEW, KnownRuns

EXAMPLES = """
dltui runs
dltui runs mnist --all
dltui runs 'acc > 0.9' topic:generative claim:met
dltui runs 'optimizer.lr > 0.001' model.activation=relu
dltui runs --json status:done | jq -r '.[].id'
dltui runs name last best && dltui attach best
dltui runs tag last baseline; dltui runs tag:baseline
dltui runs group --where 'optimizer.lr > 0.001' lr-study
dltui runs rm last
dltui runs rm --older 30d --where status:failed     # pinned runs stay
"""
NEWEST = 20
GIVING = ("STEPS", "TAGS", "VALUES", "AGE")  # columns that give way where the terminal is narrow, the first one first
VALUES, TAGS = 16, 10  # cells below which they are not worth a column


def list_runs(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILTER]...",
            help="Words, recipe:R, topic:T, status:S, claim:met, tag:T, group:G, name:N, pinned and conditions on"
            " values and settings such as 'acc > 0.9', 'optimizer.lr <= 0.01' or optimizer.kind=adam: all must hold.",
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
        found = filtered(found, wanted)
    shown = found if everything else found[:NEWEST]
    if as_json:
        env.print_json_rows(_as_json(facts) for facts in shown)
    elif not shown:
        env.tell(_nothing(wanted))
    else:
        (header, *lines), left_out = fitted(_columns(shown), env.table_width, GIVING)
        env.print(header, bold=True)
        env.print("\n".join(lines))
        if left_out:
            env.tell(f"No room for {' and '.join(left_out)}: dltui runs --json, or a wider terminal")
        if len(found) > len(shown):
            env.tell(f"{len(found) - len(shown)} more: dltui runs --all")
    for facts in shown:
        if facts.annotations.problem:
            env.tell(facts.annotations.problem)
    if known:
        known.keep(listed)


def _nothing(wanted: str) -> str:
    """What to say where no run fits."""
    if fault := runs.never_run(wanted):
        return str(fault)
    return f"No run fits: {wanted}" if wanted else "No runs yet: dltui run mlp-moons"


def _columns(shown: list[RunFacts]) -> list[Column]:
    from dltui.render.run_cells import age, key_values, status_short, status_text, steps_text, values_text

    states, noted = [facts.state for facts in shown], [facts.annotations for facts in shown]
    pinned = [", pinned" if one.pinned else "" for one in noted]
    now = time.time()
    return [
        Column("RUN", [facts.id for facts in shown]),
        Column("NAME", [one.name for one in noted]),
        Column(
            "STATUS",
            [status_text(state) + more for state, more in zip(states, pinned, strict=True)],
            short=[status_short(state) + more for state, more in zip(states, pinned, strict=True)],
        ),
        Column("STEPS", [steps_text(state) for state in states], right=True),
        Column("VALUES", [key_values(state) for state in states], text=values_text, least=VALUES),
        Column("TAGS", [_tags(one) for one in noted], least=TAGS),
        Column("AGE", [age(now - facts.created) for facts in shown], right=True),
    ]


def _tags(noted: Annotations) -> str:
    """The tags of a run, and its group."""
    return " ".join([*(f"#{tag}" for tag in noted.tags), *([f"group:{noted.group}"] if noted.group else [])])


def _as_json(facts: RunFacts) -> dict:
    run = facts.run
    return {
        "id": run.id, "recipe": facts.recipe, "path": str(run.path), "created": facts.created,
        **facts.annotations.fields, **facts.state._asdict(), "steps": facts.state.step, "settings": facts.settings,
    }  # fmt: skip


SUBCOMMANDS = {
    "list": list_runs,
    "rm": remove,
    "tag": annotating.tag,
    "note": annotating.note,
    "name": annotating.name,
    "pin": annotating.pin,
    "group": annotating.group,
}
