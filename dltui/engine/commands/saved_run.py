"""A run that was trained, opened again to use what it learned."""

import itertools
from collections.abc import Callable, Iterator

import torch

from dltui.engine.contracts import own_parts
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.rows import Rows
from dltui.engine.device import device
from dltui.engine.reading.sources import load
from dltui.engine.training import checkpoint
from dltui.engine.training.checkpoint import Checkpoint
from dltui.engine.training.learner import Learner
from dltui.engine.training.session import make_learner, source_of
from dltui.errors import DltuiError, ExitStatus
from dltui.runs import recorded_recipe
from dltui.runs import run as runs
from dltui.runs.run import Run

Tell = Callable[[str], None]


def open_learners(run: Run, variant: str, tell: Tell) -> Iterator[Learner]:
    """Yields the trained learner of one variant, of every one where none is named. Raises as `open_learner`."""
    recipe = recorded_recipe.usable(run)
    for name in [variant] if variant else recipe.variants:
        yield open_learner(run, name, tell)[0]


def open_learner(run: Run, variant: str, tell: Tell) -> tuple[Learner, Dataset | None]:
    """Returns the trained learner of a run (of one variant, the first where it is '') and its data, None where it has
    none. Tells of checkpoints that cannot be used; the learner's `step` says which one was.

    Raises DltuiError where the run has no checkpoint, or none of that variant, or was trained by an earlier version of
    dltui whose parts had other names.
    """
    own_parts.call(run.path, run.info().get("kinds", ()))
    torch.set_num_threads(1)  # what is asked of a trained net here is small
    recipe = recorded_recipe.usable(run)
    variants = recipe.variants
    name = variant or next(iter(variants))
    if name not in variants:
        valid = ", ".join(filter(None, variants))
        raise DltuiError(
            f'{run.id} has no variant "{variant}".',
            f"Valid: {valid}." if valid else "It has none: leave --variant out.",
            ExitStatus.USAGE,
        )
    found = checkpoint.whole(run.checkpoints, tell)
    saved = next(found, None)
    if saved is None:
        raise DltuiError(f"{run.id} has no checkpoint yet.", "Let it run on, or: dltui run --resume " + run.id)
    learner_recipe = variants[name]
    source = source_of(learner_recipe, saved, name)
    data = load(learner_recipe.data, source, lambda text: None) if learner_recipe.data else None
    where = device.choose("cpu")
    rows = Rows(data, where, learner_recipe.data.kind) if data else None
    learner = make_learner(name, learner_recipe, rows, where)

    def restore(one: Checkpoint) -> None:
        learner.restore(one.tensors, one.values["learners"][name], one.values["step"])

    checkpoint.use_newest(itertools.chain([saved], found), restore, tell)
    return learner, data


def step_used(run: Run, learner: Learner) -> dict:
    """Returns {"step": of the checkpoint that a learner was opened from, "last_step": the last that the run has taken,
    "status": how the run stands}: what was trained after the checkpoint is not in the learner."""
    stands = runs.state(run)
    return {"step": learner.step, "last_step": max(learner.step, stands.step), "status": stands.status}
