"""The trials of a search: another recipe, trained for some steps with one setting after the other."""

import math
import time
from collections.abc import Sequence
from functools import partial

import torch

from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.trials import Trial
from dltui.engine.reading import sources
from dltui.engine.training.learner import Learner, NonFiniteLoss
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes.recipe import Recipe, load
from dltui.recipes.schema import find
from dltui.search import tree
from dltui.search.space import Space

HELD_OUT = 0.25  # of the training rows, to choose by, where the recipe holds out none


class Trials:
    """See contracts.trials.Trials: the rows are loaded once. The search's seed decides rows that are generated, and the
    first weights."""

    def __init__(self, recipe: str, variant: str, steps: int, device: torch.device, seed: int = 0):
        found = load(recipe, {"train.steps": steps})
        if found.subject == "algorithm":
            raise DltuiError(
                f"algorithm.recipe: {recipe} has no settings of a training: it runs an algorithm.",
                "Name a recipe with [task], such as mlp-moons.",
                ExitStatus.USAGE,
            )
        variants = found.variants
        name = variant or next(iter(variants))
        if name not in variants:
            hint = did_you_mean(name, variants) or f"Valid: {', '.join(variants)}."
            raise DltuiError(f'algorithm.variant: {recipe} has no variant "{variant}".', hint, ExitStatus.USAGE)
        self.recipe: Recipe = variants[name].with_changes(_of_a_search(variants[name], seed))
        self.name, self.device = recipe, device
        source = self.recipe.data_from if self.recipe.data_from != "auto" else "builtin"
        self.rows: Rows | None = None
        if self.recipe.data:
            data = sources.load(self.recipe.data, source, lambda text: None)
            self.rows = Rows(data, device, self.recipe.data.kind)

    def check(self, spaces: Sequence[Space]) -> None:
        """Raises DltuiError (2) where the recipe takes a value of a space with none of the kinds to choose from."""
        chosen = tree.kinds(spaces, "algorithm.spaces")
        for space in spaces:
            for value in space.ends:
                tree.first_valid(chosen, {space.key: value}, partial(load, self.name))

    def taken(self, settings: dict[str, object]) -> dict[str, object]:
        """The settings that mean something: not those of kinds that the others chose against."""
        return tree.taken(settings)

    def run(self, settings: dict[str, object]) -> Trial:
        """Trains once. The run's own random numbers go on as if nothing had been."""
        devices = [self.device] if self.device.type == "cuda" else []
        recipe = self.recipe.with_changes(self.taken(settings))
        with torch.random.fork_rng(devices), torch.enable_grad():
            learner = Learner("", recipe, self.rows, self.device)
            begun = self._now()
            try:
                for _ in range(recipe.train["steps"]):
                    learner.advance()
            except NonFiniteLoss:
                return Trial({name: math.nan for name in recipe.metrics}, learner.params, self._now() - begun)
            seconds = self._now() - begun
            with learner.evaluation_mode():
                return Trial(learner.evaluate(), learner.params, seconds)

    def _now(self) -> float:
        """Seconds of the processor, which other programs do not spoil; of the clock where a GPU works."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
            return time.perf_counter()
        return time.process_time()


def _of_a_search(recipe: Recipe, seed: int) -> dict[str, object]:
    """What every trial has: rows held out to choose by, and the search's draw."""
    changes: dict[str, object] = {"train.seed": recipe.train["seed"] + seed}
    if not recipe.train["validation"]:
        changes["train.validation"] = HELD_OUT
    if recipe.data and (drawn := find("data", recipe.data.kind).options.get("seed")):
        changes["data.seed"] = recipe.data.options.get("seed", drawn.default) + seed
    return changes
