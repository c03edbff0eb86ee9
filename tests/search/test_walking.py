"""Samplers of our own: values and places of 0..1 fit, what was learned is used, and the walk is that of its rule."""

from random import Random

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import InMemoryStorage

from dltui.search import study as sweep
from dltui.search import walking
from dltui.search.proposers import accepts, temperature
from dltui.search.space import parse

DISTRIBUTIONS = [
    FloatDistribution(-2.0, 5.0), FloatDistribution(1e-5, 10.0, log=True), IntDistribution(0, 9),
    IntDistribution(1, 300, log=True), CategoricalDistribution(("a", "b", "c")),
]  # fmt: skip


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_a_value_is_where_its_place_says(distribution):
    for x in np.linspace(0, 1, 41):
        value = walking.value_at(distribution, x)
        assert distribution._contains(distribution.to_internal_repr(value))
        assert walking.value_at(distribution, walking.place_on(distribution, value)) == pytest.approx(value)


@pytest.mark.parametrize("distribution", [IntDistribution(0, 9), CategoricalDistribution(tuple("abcdefghij"))])
def test_every_value_has_the_same_share_of_the_places(distribution):
    values = [walking.value_at(distribution, (n + 0.5) / 1000) for n in range(1000)]
    assert {values.count(value) for value in values} == {100}


def searched(sampler: str, seed: int, goal: str = "min", trials: int = 60) -> list[float]:
    """Values of a bowl of two settings, learning rate and momentum, the least at lr = 0.01, momentum = 0.3."""
    spaces = (parse("optimizer.lr=log:1e-4..1"), parse("optimizer.momentum=0.0..0.99"))
    plan = sweep.Plan("mlp-moons", {}, spaces, sweep.Goal("loss", goal == "max"), sampler, trials=trials)
    study, values = sweep.study_of(plan, "it", InMemoryStorage(), seed), []
    for _ in range(trials):
        trial = study.ask()
        values_of = [sweep.suggested(trial, space) for space in spaces]
        lr, momentum = float(values_of[0]), float(values_of[1])
        values.append((np.log10(lr) + 2) ** 2 / 4 + (momentum - 0.3) ** 2)
        study.tell(trial, -values[-1] if goal == "max" else values[-1])
    return values


@pytest.mark.parametrize("sampler", ["hill", "annealing", "genetic"])
@pytest.mark.parametrize("goal", ["min", "max"])
def test_late_trials_are_better_than_those_that_learn_nothing(sampler, goal):
    """Guards the direction of the goal: a search that climbs the wrong way would be worse than chance."""
    ours = [np.median(searched(sampler, seed, goal)[-15:]) for seed in range(5)]
    chance = [np.median(searched("random", seed, goal)[-15:]) for seed in range(5)]
    assert np.median(ours) < 0.4 * np.median(chance)


def test_hill_climbing_stands_on_the_best_and_annealing_where_its_rule_leads():
    random = Random(3)
    tried = [((random.random(),), random.random()) for _ in range(40)]
    best = min(tried, key=lambda one: one[1])
    assert walking.stands_on(tried, 0.0, 7) == best[0]
    numbers, at = Random("7 accepted"), tried[0]
    for place, new in enumerate(tried[1:], 1):
        spread = np.std([cost for _, cost in tried[: place + 1]])
        at = new if accepts(new[1] - at[1], temperature(5.0, place, walking.COLD) * spread, numbers) else at
    assert walking.stands_on(tried, 5.0, 7) == at[0] != best[0]


def test_trials_without_a_value_teach_nothing():
    study = optuna.create_study(storage=InMemoryStorage())
    for value in (3.0, None, 1.0):
        trial = study.ask({"lr": FloatDistribution(0.0, 1.0)})
        study.tell(trial, value, state=None if value else optuna.trial.TrialState.FAIL)
    study.ask({"lr": FloatDistribution(0.0, 1.0)})
    found = walking.ended(study, study.get_trials(deepcopy=False), ["lr"])
    assert [cost for _, cost in found] == [3.0, 1.0]


@pytest.mark.parametrize(("sampler", "first", "later"), [("hill", 1, 1), ("annealing", 1, 1), ("genetic", 8, 1)])
def test_trials_that_learn_from_those_before_are_no_batch(sampler, first, later):
    """Guards six trials of one batch that were the same for all three samplers: none had seen another."""
    plan = sweep.Plan("mlp-moons", {}, (parse("optimizer.lr=log:1e-4..1"),), sweep.Goal("loss", False), sampler)
    study = sweep.study_of(plan, "it", InMemoryStorage(), 0)
    assert sweep.at_once(study, plan) == first
    for _ in range(8):
        study.tell(study.ask({"optimizer.lr": FloatDistribution(1e-4, 1.0, log=True)}), 1.0)
    assert sweep.at_once(study, plan) == later
