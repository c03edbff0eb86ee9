"""A run that was trained, opened again to use what it learned."""

from collections.abc import Iterator

import torch

from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.rows import Rows
from dltui.engine.device import device
from dltui.engine.reading.sources import load
from dltui.engine.training import checkpoint
from dltui.engine.training.learner import Learner
from dltui.engine.training.session import make_learner, source_of
from dltui.errors import DltuiError
from dltui.recipes import recipe as recipes
from dltui.runs.run import Run


def open_learners(run: Run, variant: str = "") -> Iterator[Learner]:
    """Yields the trained learner of one variant, of every one where none is named. Raises as `open_learner`."""
    recipe = recipes.of_table(recipes.read_table(run.recipe_file), run.recipe_file)
    for name in [variant] if variant else recipe.variants:
        yield open_learner(run, name)[0]


def open_learner(run: Run, variant: str = "") -> tuple[Learner, Dataset | None]:
    """Returns the trained learner of a run (of one variant, the first by default) and its data, None where it has none.

    Raises DltuiError where the run has no checkpoint, or none of that variant, or was trained by an earlier version of
    dltui whose parts had other names.
    """
    torch.set_num_threads(1)  # what is asked of a trained net here is small
    recipe = recipes.of_table(recipes.read_table(run.recipe_file), run.recipe_file)
    saved = checkpoint.read_newest(run.checkpoints, lambda text: None)
    if saved is None:
        raise DltuiError(f"{run.id} has no checkpoint yet.", "Let it run on, or: dltui run --resume " + run.id)
    variants = recipe.variants
    name = variant or next(iter(variants))
    if name not in variants:
        valid = ", ".join(filter(None, variants))
        raise DltuiError(
            f'{run.id} has no variant "{variant}".',
            f"Valid: {valid}." if valid else "It has none: leave --variant out.",
        )
    learner_recipe = variants[name]
    source = source_of(learner_recipe, saved, name)
    data = load(learner_recipe.data, source, lambda text: None) if learner_recipe.data else None
    where = device.choose("cpu")
    rows = Rows(data, where, learner_recipe.data.kind) if data else None
    learner = make_learner(name, learner_recipe, rows, where)
    learner.restore(saved.tensors, saved.values["learners"][name], saved.values["step"])
    return learner, data
