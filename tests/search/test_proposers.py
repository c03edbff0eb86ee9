"""Proposals stay in the cube; annealing accepts as scipy's Metropolis rule does, and cold as hill climbing does."""

import math
from random import Random

import numpy as np
import pytest
from scipy.optimize import OptimizeResult, basinhopping

from dltui.search import proposers
from dltui.search.proposers import COOLING, POPULATION, accepts, anywhere, genetic, nearby, reflected, temperature


class Uniform:
    """Numbers in 0..1 from numpy's generator, as `random.Random` gives them."""

    def __init__(self, seed: int):
        self.generator = np.random.default_rng(seed)

    def random(self) -> float:
        return self.generator.uniform()


def height(x: np.ndarray) -> float:
    return float(np.sin(5 * x).sum() + (x**2).sum())


def evaluated(function, x, *args, **more) -> OptimizeResult:
    """In the place of a local search from x: scipy's walk is the bare rule of Metropolis."""
    return OptimizeResult(x=x, fun=function(x), success=True)


@pytest.mark.parametrize("T", [0.05, 0.5, 5.0])
def test_it_goes_where_scipys_metropolis_goes(T):
    """Guards the rule: exp(d / T), a temperature that multiplies, or < for > leave scipy's path."""
    moves = np.random.default_rng(1).normal(0, 0.3, (200, 2))
    steps, theirs = iter(moves), []
    basinhopping(
        height, np.ones(2), niter=200, T=T, take_step=lambda x: x + next(steps), rng=3, niter_success=10**6,
        minimizer_kwargs={"method": evaluated}, callback=lambda x, f, accept: theirs.append(bool(accept)),
    )  # fmt: skip
    x, drawn, ours = np.ones(2), Uniform(3), [True]  # scipy tells of the start too
    for move in moves:
        ours.append(accepts(height(x + move) - height(x), T, drawn))
        x = x + move if ours[-1] else x
    assert ours == theirs and 0 < sum(ours) < len(ours)


def test_how_often_a_worse_place_is_accepted():
    drawn = Random(0)
    share = sum(accepts(0.3, 0.2, drawn) for _ in range(20_000)) / 20_000
    assert share == pytest.approx(math.exp(-1.5), abs=0.01)


def test_without_temperature_nothing_worse_is_accepted_and_equal_heights_are():
    drawn = Random(0)
    assert not any(accepts(1e-9, 0.0, drawn) for _ in range(1000))
    assert accepts(0.0, 0.0, drawn) and accepts(-1.0, 0.0, drawn)


def test_each_decision_draws_one_number_whatever_it_is():
    """Guards the comparison of a cold search with hill climbing: they must see the same proposals."""
    one, other = Random(4), Random(4)
    accepts(-1.0, 0.0, one), accepts(5.0, 2.0, other)
    assert one.random() == other.random()


def test_the_temperature_falls_by_one_factor_to_a_hundredth():
    T = np.array([temperature(2.0, place, 50) for place in range(51)])
    assert np.ptp(T[1:] / T[:-1]) < 1e-12 and (T[0], T[-1]) == (2.0, pytest.approx(2.0 * COOLING))
    assert temperature(2.0, 80, 50) == pytest.approx(2.0 * COOLING)


def test_proposals_stay_in_the_cube_and_near():
    random = Random(0)
    steps = np.array([nearby((0.02, 0.5), 0.1, random) for _ in range(5000)])
    assert ((steps >= 0) & (steps <= 1)).all()
    assert steps[:, 1].mean() == pytest.approx(0.5, abs=0.005) and steps[:, 1].std() == pytest.approx(0.1, rel=0.05)
    assert np.corrcoef(steps.T)[0, 1] == pytest.approx(0, abs=0.05)
    drawn = np.array([anywhere(3, random) for _ in range(5000)])
    assert drawn.shape == (5000, 3) and np.abs(drawn.mean(0) - 0.5).max() < 0.02


@pytest.mark.parametrize(("x", "wanted"), [(0.3, 0.3), (-0.2, 0.2), (1.25, 0.75), (2.4, 0.4), (-1.3, 0.7), (1.0, 1.0)])
def test_walls_throw_back(x, wanted):
    assert reflected(x) == pytest.approx(wanted)


# -- the genetic search ------------------------------------------------------------------------------------------------


def bowl_searched(kind: str, seed: int, trials: int = 80) -> list[float]:
    """Values of a bowl around (0.3, ..., 0.3) at the points that were proposed, one after the other."""
    points, values = [], []
    for place in range(trials):
        random = Random(f"{seed} {place}")
        points.append(genetic(points, values, 4, random) if kind == "genetic" else anywhere(4, random))
        values.append(sum((x - 0.3) ** 2 for x in points[-1]))
    assert all(0 <= x <= 1 for point in points for x in point)
    return values


def test_children_of_the_best_are_better_than_chance():
    """Guards the direction: parents taken from the worst would be found here."""
    for seed in range(10):
        late = {kind: np.median(bowl_searched(kind, seed)[-20:]) for kind in ("genetic", "random")}
        assert late["genetic"] < 0.5 * late["random"]


def test_random_search_learns_nothing():
    values = np.array([bowl_searched("random", seed) for seed in range(40)])
    assert abs(values[:, :40].mean() / values[:, 40:].mean() - 1) < 0.08


def test_before_there_is_a_population_it_draws_at_random():
    tried = [(0.5, 0.5)] * (POPULATION - 1)
    drawn = [genetic(tried, [0.0] * len(tried), 2, Random(seed)) for seed in range(200)]
    assert np.std(drawn, 0).min() > 0.25


def test_the_better_of_two_becomes_a_parent(monkeypatch):
    """Guards the tournament: with the worse one as parent the search still beats chance, only later."""
    monkeypatch.setattr(proposers, "MUTATION", 0.0)
    monkeypatch.setattr(proposers, "RESET", 0.0)
    tried = [(n / 8,) for n in range(8)]
    ranks = [8 * genetic(tried, [x for (x,) in tried], 1, Random(seed))[0] for seed in range(500)]
    assert abs(np.mean(ranks) - 2.19) < 0.3  # the lesser of two of 0 ... 7; the greater: 4.81
