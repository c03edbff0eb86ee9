"""A run that is to train longer than it was begun for: only its number of steps may change."""

from collections.abc import Mapping
from hashlib import sha256

from dltui import paths
from dltui.atomic_write import replacing
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import overrides
from dltui.recipes import recipe as recipes
from dltui.runs import record, recorded_recipe, unattended
from dltui.runs import run as runs
from dltui.runs.run import Run

STEPS = "train.steps"


def lengthened(run: Run, changes: Mapping[str, object]) -> None:
    """Writes the new number of steps into the run's recipe and record, for `launch.resume` to go on with.

    Raises DltuiError: (2) where something else is to change, the run has taken so many steps already, or they are not
    valid, (1) where it is running or has no checkpoint to go on from.
    """
    words = " ".join(overrides.written(key, value) for key, value in changes.items())
    again = f"Begin another run with that: dltui run {run.recipe_file} {words}"
    if other := [key for key in changes if key != STEPS]:
        why = "the steps that it has taken were trained with what it was begun with"
        what = f"{', '.join(other)} cannot change with --resume: {why}. Only {STEPS} can."
        raise DltuiError(what, again, ExitStatus.USAGE)
    recorded_recipe.usable(run)
    table = recipes.read_table(run.recipe_file)
    recipe = recipes.of_table(table, run.recipe_file, changes, changed_in=overrides.COMMAND_LINE)
    if "kinds" in table:  # beside it, wherever the folder is moved
        recipe = recipe._replace(table=recipe.table | {"kinds": table["kinds"]})
    state, steps = runs.state(run), recipe.train["steps"]
    if state.live or runs.engine_pid(run) is not None:
        raise DltuiError(f"{run.id} is running.", f"Stop it first: dltui stop {run.id}")
    if steps <= state.step:
        raise DltuiError(f"{run.id} has taken {state.step:,} steps already, and {STEPS} counts from its first.",
                         f"Example: {STEPS}={2 * state.step}", ExitStatus.USAGE)  # fmt: skip
    if not any(run.checkpoints.glob("*.safetensors")):
        raise DltuiError(f"{run.id} has no checkpoint to go on from.", again)
    text = recipes.to_toml(recipe).encode()
    try:
        # told first: the log never lacks what the file has become, whatever happens before the run goes on
        told = {run.recipe_file.name: sha256(text).hexdigest()}
        unattended.add(run, "note", level="info", text=f"{STEPS}={steps} from here", files=told)
        with replacing(run.recipe_file, "wb", opener=paths.private) as file:
            file.write(text)
        record.change(run, steps=steps, overrides=run.info()["overrides"] | {STEPS: steps})
    except OSError as error:
        raise DltuiError(f"{run.path}: {error.strerror}.", "See: dltui doctor") from error
