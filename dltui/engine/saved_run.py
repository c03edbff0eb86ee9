"""A run that was trained, opened again to use what it learned."""

from collections.abc import Iterator

import torch

from dltui import recipe as recipes
from dltui.engine import checkpoint, device
from dltui.engine.dataset import Dataset
from dltui.engine.lane import Lane
from dltui.engine.reading.sources import load
from dltui.engine.session import source_of
from dltui.errors import DltuiError
from dltui.run import Run


def open_lanes(run: Run, variant: str = "") -> Iterator[Lane]:
    """Yields the trained lane of one variant, or of every one where none is named. Raises DltuiError as `open_lane`."""
    recipe = recipes.of_table(recipes.read_table(run.recipe_file), run.recipe_file)
    for name in [variant] if variant else recipe.variants:
        yield open_lane(run, name)[0]


def open_lane(run: Run, variant: str = "") -> tuple[Lane, Dataset | None]:
    """Returns the trained lane of a run (of one variant, the first by default) and its data, None where it has none.

    Raises DltuiError where the run has no checkpoint, or none of that variant.
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
    lane_recipe = variants[name]
    source = source_of(lane_recipe, saved, name)
    data = load(lane_recipe.data, source, lambda text: None) if lane_recipe.data else None
    lane = Lane(name, lane_recipe, data, device.choose("cpu"))
    lane.restore(saved.tensors, saved.values["lanes"][name], saved.values["step"])
    return lane, data
