"""Searches look inside the cube, and the genetic one learns from what was tried."""

import torch

from dltui.engine.algorithms import search_strategies


def searched(propose, seed: int, trials: int = 80) -> torch.Tensor:
    """Values of a bowl around (0.3, ..., 0.3) at the points that were proposed, one after the other."""
    torch.manual_seed(seed)
    points, values = torch.zeros(trials, 4).double(), torch.zeros(trials).double()
    for n in range(trials):
        points[n] = propose(points[:n], values[:n])
        values[n] = (points[n] - 0.3).square().sum()
    assert ((points >= 0) & (points <= 1)).all()
    return values


def test_a_grid_has_every_combination_in_the_middle_of_its_share():
    assert search_strategies.grid([2, 3]).tolist() == [
        [0.25, 1 / 6], [0.25, 0.5], [0.25, 5 / 6], [0.75, 1 / 6], [0.75, 0.5], [0.75, 5 / 6],
    ]  # fmt: skip


def test_children_of_the_best_are_better_than_chance():
    """Guards the direction: parents taken from the worst would be found here."""
    late = {
        name: torch.stack([searched(getattr(search_strategies, name), seed)[-20:].median() for seed in range(10)])
        for name in ("genetic", "random")
    }
    assert (late["genetic"] < 0.5 * late["random"]).all()


def test_random_search_learns_nothing():
    values = torch.stack([searched(search_strategies.random, seed) for seed in range(40)])
    assert abs(values[:, :40].mean() / values[:, 40:].mean() - 1) < 0.08


def test_before_there_is_a_population_it_draws_at_random():
    torch.manual_seed(1)
    tried, values = (
        torch.full((search_strategies.POPULATION - 1, 2), 0.5).double(),
        torch.zeros(search_strategies.POPULATION - 1),
    )
    drawn = torch.stack([search_strategies.genetic(tried, values) for _ in range(200)])
    assert drawn.std(0).min() > 0.25


def test_the_better_of_two_becomes_a_parent(monkeypatch):
    """Guards the tournament: with the worse one as parent the search still beats chance, only later."""
    monkeypatch.setattr(search_strategies, "MUTATION", 0.0)
    monkeypatch.setattr(search_strategies, "RESET", 0.0)
    torch.manual_seed(0)
    tried = torch.arange(8)[:, None].double() / 8
    ranks = torch.stack([8 * search_strategies.genetic(tried, tried[:, 0]) for _ in range(500)])
    assert abs(ranks.mean() - 2.19) < 0.3  # the lesser of two of 0 ... 7; the greater: 4.81
