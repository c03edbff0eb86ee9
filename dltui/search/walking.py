"""Samplers of our own for a sweep: hill climbing, simulated annealing and the genetic search, by `proposers`.

As everywhere in a search nothing is remembered: where a search stands follows from its seed and its ended trials.
"""

import math
from collections.abc import Sequence
from random import Random
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution
from optuna.samplers import BaseSampler
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from dltui.search.proposers import Point, accepts, anywhere, genetic, nearby, temperature
from dltui.search.retrials import place_of

STEP = 0.1  # standard deviation of a change, as a share of a setting's range
REDRAWN = 0.25  # chance that a choice, whose values have no order, is drawn anew
FIRST_TEMPERATURE = 0.5  # in standard deviations of the goal over the trials so far
COLD = 60  # trials after which the temperature has fallen to a hundredth

Tried = tuple[Point, float]  # a point and its cost, the less the better


class Walking(BaseSampler):
    """Proposes each trial's point from those that have ended. kind: hill, annealing or genetic."""

    def __init__(self, kind: str, keys: Sequence[str], seed: int):
        self._kind, self._keys, self._seed = kind, tuple(sorted(keys)), seed
        self._open: dict[int, tuple[Point, int]] = {}  # by the number of a trial that has not ended: and its place

    def infer_relative_search_space(self, study: Study, trial: FrozenTrial) -> dict[str, BaseDistribution]:
        return {}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        return {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        if trial.number not in self._open:
            trials = study.get_trials(deepcopy=False)
            place = place_of(trials, trial.number)
            tried = ended(study, trials, self._keys)
            self._open[trial.number] = self._proposed(tried, Random(f"{self._seed} {place}")), place
        point, place = self._open[trial.number]
        x = point[self._keys.index(param_name)]
        if self._kind != "genetic" and isinstance(param_distribution, CategoricalDistribution):
            own = Random(f"{self._seed} {place} {param_name}")
            x = own.random() if own.random() < REDRAWN else x
        return value_at(param_distribution, x)

    def _proposed(self, tried: list[Tried], random: Random) -> Point:
        if self._kind == "genetic":
            points, costs = [point for point, _ in tried], [cost for _, cost in tried]
            return genetic(points, costs, len(self._keys), random)
        if not tried:
            return anywhere(len(self._keys), random)
        first = FIRST_TEMPERATURE if self._kind == "annealing" else 0.0
        return nearby(stands_on(tried, first, self._seed), STEP, random)

    def after_trial(self, study: Study, trial: FrozenTrial, state: TrialState, values: Sequence[float] | None) -> None:
        self._open.pop(trial.number, None)


def stands_on(tried: Sequence[Tried], first: float, seed: int) -> Point:
    """Returns the point that a search has come to which has tried these, one after the other.

    first: temperature at the beginning, in standard deviations of the costs so far; 0 climbs.
    """
    point, cost = tried[0]
    random = Random(f"{seed} accepted")
    for place, (new, new_cost) in enumerate(tried[1:], 1):
        spread = deviation([cost for _, cost in tried[: place + 1]])
        if accepts(new_cost - cost, temperature(first, place, COLD) * spread, random):
            point, cost = new, new_cost
    return point


def deviation(costs: Sequence[float]) -> float:
    """Returns the standard deviation of those that are finite."""
    finite = [cost for cost in costs if math.isfinite(cost)]
    mean = sum(finite) / max(1, len(finite))
    return math.sqrt(sum((cost - mean) ** 2 for cost in finite) / max(1, len(finite)))


def ended(study: Study, trials: Sequence[FrozenTrial], keys: Sequence[str]) -> list[Tried]:
    """Returns the trials that have a value, in their order; those that diverged or failed teach nothing."""
    sign = -1 if study.direction == StudyDirection.MAXIMIZE else 1
    return [
        (tuple(place_on(trial.distributions[key], trial.params[key]) for key in keys), sign * trial.value)
        for trial in trials
        if trial.state == TrialState.COMPLETE and set(keys) <= trial.params.keys()
    ]


def place_on(distribution: BaseDistribution, value: Any) -> float:
    """Returns where a value lies in 0..1: choices and whole numbers in the middle of their share."""
    if isinstance(distribution, CategoricalDistribution):
        return (distribution.choices.index(value) + 0.5) / len(distribution.choices)
    low, high = _ends(distribution)
    shown = math.log(value) if distribution.log else value
    return min(1.0, max(0.0, (shown - low) / (high - low)))


def value_at(distribution: BaseDistribution, x: float) -> Any:
    """Returns the value at a place of 0..1."""
    if isinstance(distribution, CategoricalDistribution):
        return distribution.choices[min(int(x * len(distribution.choices)), len(distribution.choices) - 1)]
    low, high = _ends(distribution)
    value = math.exp(low + x * (high - low)) if distribution.log else low + x * (high - low)
    value = min(max(value, distribution.low), distribution.high)
    return round(value) if isinstance(distribution, IntDistribution) else value


def _ends(distribution: Any) -> tuple[float, float]:
    """Of the numbers that `place_on` calculates with: those of whole ones reach half a step further."""
    half = 0.5 if isinstance(distribution, IntDistribution) else 0.0
    ends = distribution.low - half, distribution.high + half
    return (math.log(max(ends[0], 0.5 if half else ends[0])), math.log(ends[1])) if distribution.log else ends
