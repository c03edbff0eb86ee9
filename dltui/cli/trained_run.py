"""A run that is asked for what it has learned: what it cannot answer is told at once, and which run it is, from which
step its weights are, when it stopped and how good it was."""

import time
from collections.abc import Sequence

from dltui.cli.environment import Environment
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import schema
from dltui.render import run_cells
from dltui.runs import events, recorded_recipe
from dltui.runs import run as runs
from dltui.runs.run import LIVE, Run

RESUMABLE = ("stopped", "failed", "lost")
WORDS = {
    "sample": ("has nothing to sample", "sample takes runs that draw pictures", "dltui sample {}"),
    "predict": (
        "predicts neither classes nor boxes",
        "predict takes runs that were trained on pictures with classes or boxes, or on texts with classes",
        "dltui predict {} FILE",
    ),
}


def check(run: Run, what: str) -> None:
    """Raises DltuiError where a run cannot `sample` or `predict`, or has learned nothing yet: before an engine is
    started, which takes seconds."""
    recipe, (cannot, takes, _) = recorded_recipe.usable(run), WORDS[what]
    answers = schema.find(recipe.subject, recipe.task.kind).constants.get("ANSWERS", ())
    gives = schema.find("data", recipe.data.kind).constants.get("GIVES", ()) if recipe.data else ()
    if what not in answers:
        others = [WORDS[other][2].format(run.word) for other in answers if "pictures" in gives]
        hint = (
            f"Try: {' or '.join(others)}" if others else f"What it has learned is to be seen: dltui replay {run.word}"
        )
        raise DltuiError(f'{run.id}: {recipe.subject} "{recipe.task.kind}" {cannot}.', hint, ExitStatus.USAGE)
    texts = what == "predict" and {"text", "classes"} <= set(gives)
    if "pictures" not in gives and not texts:
        held = ", ".join(gives) or "no data"
        raise DltuiError(
            f"{run.id} was trained on {held}, not on pictures{' or texts' if what == 'predict' else ''}.",
            f"{takes}.".capitalize(),
            ExitStatus.USAGE,
        )
    if not run.has_checkpoint:
        raise DltuiError(f"{run.id} has no checkpoint yet.", f"Let it run on, or: dltui run --resume {run.word}")


def predicts(run: Run) -> str:
    """Returns what a run tells of a picture or a text: classes, or boxes."""
    recipe = recorded_recipe.usable(run)
    return schema.find(recipe.subject, recipe.task.kind).constants.get("PREDICTS", "classes")


def described(run: Run, variant: str) -> dict:
    """Returns {"run": its id, "variant", "ended": seconds since 1970 or None while it runs, "values": by metric}.

    variant: '' for the first, of which the values are.
    """
    state, variant = runs.state(run), variant or next(iter(recorded_recipe.usable(run).variants))
    last = events.last_events(run.log)
    ended = last[-1]["t"] if last and not state.live else None
    prefix = f"{variant}." if variant else ""
    own = {name: value for name, value in state.summary.items() if name.startswith(prefix)}
    of_it = state._replace(summary=own, expect=[claim for claim in state.expect if claim["name"] in own])
    values = {name.removeprefix(prefix): value for name, value in run_cells.key_values(of_it)}
    return {"run": run.id, "variant": variant, "ended": ended, "values": values}


def tell(
    env: Environment, run: Run, used: Sequence[dict], notes: Sequence[str], *, variant: str = "", as_json: bool
) -> None:
    """Tells of checkpoints that could not be used, and of the run whose weights are used.

    used: answers of the engine with {step, last_step, status}, the first counts: one checkpoint holds all variants.
    as_json: the run stands in the JSON; only that its step is not the last one is told.
    """
    for note in notes:
        env.tell(note)
    if not used:
        return
    step, last, status = used[0]["step"], used[0]["last_step"], used[0]["status"]
    if step < last:
        later = "Newer ones come with its next checkpoint." if status in LIVE else ""
        if status in RESUMABLE:
            later = f"Go on with it: dltui run --resume {run.id}"
        told = f"The weights are of step {step:,}, not of step {last:,}, the last of {run.id} ({status}): what it"
        env.tell(f"{told} learned since is not saved. {later}".rstrip())
    elif not as_json:
        env.tell(f"The weights are of step {step:,}, the last of {_in_words(described(run, variant), status)}.")


def _in_words(run: dict, status: str) -> str:
    ago = f", {run_cells.age(time.time() - run['ended'])} ago" if run["ended"] else ""
    of = f", variant {run['variant']}" if run["variant"] else ""
    values = run_cells.listed(run["values"])
    return f"{run['run']}{of} ({status}{ago}){f': {values}' if values else ''}"
