"""What a trial tries: a function of the search's seed, of the trial's place and of the trials before it.

Optuna seeds a sampler once for each process: one that goes on with a study, or joins it, would try once more what the
first process tried. Nothing but the trial's place is remembered here, so nothing has to be restored; one that stands
for another, interrupted before its values were written down, has that one's place, and tries the same.
"""

import warnings
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from dltui.search.grid import Grid
from dltui.search.proposers import FREE
from dltui.search.retrials import place_of
from dltui.search.tree import Tree
from dltui.search.walking import Walking

STARTUP = 4  # trials before one can be cut short: the median of fewer says little


class ByPlace(BaseSampler):
    """Each trial has a sampler of its own, `make(seed)`, whose seed follows from ours and from the trial's place."""

    def __init__(self, make: Callable[[int], BaseSampler], seed: int):
        self._make, self._seed = make, seed
        self._open: dict[int, BaseSampler] = {}  # by the number of a trial that has not ended

    def _of(self, study: Study, trial: FrozenTrial) -> BaseSampler:
        if trial.number not in self._open:
            place = place_of(study.get_trials(deepcopy=False), trial.number)
            self._open[trial.number] = self._make(Random(f"{self._seed} {place}").getrandbits(32))
        return self._open[trial.number]

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return self._of(study, trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return self._of(study, trial).sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        return self._of(study, trial).sample_independent(study, trial, param_name, param_distribution)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        self._open.pop(trial.number, None)


class Combinations(BaseSampler):
    """Each trial has the next combination of a grid or a tree."""

    def __init__(self, grid: Grid | Tree):
        self._grid = grid

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        place = place_of(study.get_trials(deepcopy=False), trial.number)
        return self._grid.at(place)[param_name]


def sampler_of(kind: str, grid: Grid | Tree | None, seed: int, guesses: int, keys: Sequence[str] = ()) -> BaseSampler:
    """The sampler of a search: `grid` where there is one, else tpe, which draws its first `guesses` at random, random,
    or one of our own, which asks for the `keys` of the settings."""
    if grid:
        return Combinations(grid)
    if kind in FREE:
        return Walking(kind, keys, seed)
    if kind == "random":
        return ByPlace(lambda own: optuna.samplers.RandomSampler(seed=own), seed)
    return ByPlace(lambda own: _tpe(own, guesses), seed)


def pruner_of(prune: bool) -> BasePruner:
    """The pruner of a search: it cuts short what falls behind the median of the trials before, or nothing."""
    return optuna.pruners.MedianPruner(n_startup_trials=STARTUP) if prune else optuna.pruners.NopPruner()


def _tpe(seed: int, guesses: int) -> BaseSampler:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Optuna 4 calls it experimental; in 5 it is the default
        # trials that run are taken for bad ones: those asked for together, or by several processes, spread out
        return optuna.samplers.TPESampler(seed=seed, n_startup_trials=guesses, constant_liar=True)
