"""Twenty searches: what climbs never rises, cold annealing climbs, and annealing finds the deeper valley."""

import pytest
import torch

from dltui.engine.algorithms.local_search import DEEP, METRICS, STARTS, SURFACES, WIDE, build, valleys, walked
from tests.engine.conftest import context

HEIGHT = SURFACES["two valleys"].height


def ended(seed: int = 0, **options: object):
    search = build(**options)(context(seed=seed))
    while not search.done:
        search.step()
    return search


def test_the_surfaces_are_lowest_where_they_are_said_to_be():
    """The narrow valley is the deeper one; a pull of the other moves each by less than a step."""
    grid = torch.cartesian_prod(*[torch.linspace(0, 1, 201, dtype=torch.float64)] * 2)
    assert (grid[HEIGHT(grid).argmin()] - torch.tensor(DEEP)).abs().max() < 0.02
    wide = grid[valleys(grid)[1] > valleys(grid)[0]]
    assert (wide[HEIGHT(wide).argmin()] - torch.tensor(WIDE)).abs().max() < 0.02
    assert HEIGHT(torch.tensor(DEEP)) < HEIGHT(torch.tensor(WIDE)) - 0.4
    assert SURFACES["one valley"].height(torch.tensor(DEEP).double()) == pytest.approx(0, abs=1e-12)


def test_each_cell_of_the_map_has_a_start():
    starts = walked(HEIGHT, "nearby", 0.1, 0.0, 1, seed=3).tried[:, 0]
    cells = (starts * torch.tensor([5, 4])).long()
    assert len({tuple(cell) for cell in cells.tolist()}) == STARTS


@pytest.mark.parametrize("seed", range(3))
def test_hill_climbing_never_rises_and_stands_on_its_best(seed):
    """Guards the comparison with the place it stands on: one with the trial before, better or not, rises."""
    ways = walked(HEIGHT, "nearby", 0.1, 0.0, 200, seed)
    assert (ways.heights.diff(dim=1) <= 0).all()
    assert torch.equal(ways.heights, ways.tried_heights.cummin(1).values)
    assert torch.allclose(ways.heights, HEIGHT(ways.stood))


@pytest.mark.parametrize("seed", range(3))
def test_cold_annealing_climbs_step_for_step_and_hot_annealing_does_not(seed):
    climbing, cold, hot = (walked(HEIGHT, "nearby", 0.1, T, 100, seed) for T in (0.0, 1e-12, 0.5))
    assert all(torch.equal(one, other) for one, other in zip(climbing, cold, strict=True))
    assert torch.equal(climbing.tried[:, 0], hot.tried[:, 0]) and not torch.equal(climbing.stood, hot.stood)


def test_a_hot_search_moves_with_every_trial():
    """exp(-d / T) is near 1: guards a temperature that falls to nothing at once."""
    ways = walked(HEIGHT, "nearby", 0.1, 1e6, 50, 0)
    assert torch.equal(ways.stood, ways.tried)


def test_annealing_ends_in_the_deeper_valley_and_wrong_twins_do_not():
    """Guards the cooling: a search that is cold from the start, or never cold, ends there by half as often."""
    deeper = {
        T: ended(seed=7, step_size=0.1, trials=600, first_temperature=T).evaluate()["deeper"] for T in (0.0, 0.5, 1e3)
    }
    assert deeper[0.5] >= 2 * deeper[0.0] and deeper[0.5] >= 2 * deeper[1e3]


def test_what_is_measured_and_drawn():
    search = ended(trials=30, first_temperature=0.2)
    found = search.evaluate()
    ways = search.ways
    assert set(found) == set(METRICS)
    assert found["worsened"] == sum((way.heights.diff(dim=1) > 0).sum().item() for way in ways.values()) > 0
    assert found["excess"] == ways["one valley"].tried_heights.min(1).values.median()
    panes = {picture.pane: picture.payload for picture in search.pictures()}
    assert panes["two valleys"]["trail_x"][0].tolist() == ways["two valleys"].stood[0, :, 0].tolist()
    assert panes["temperature"]["curves"][0]["y"][[0, -1]].tolist() == pytest.approx([0.2, 0.002])
    assert "temperature" not in {picture.pane for picture in ended(trials=3).pictures()}


def test_what_is_to_come_is_not_shown():
    search = build(trials=20)(context())
    search.step()
    panes = {picture.pane: picture.payload for picture in search.pictures()}
    assert panes["two valleys"]["trail_x"].shape == (1, 2)
    assert torch.tensor(panes["score"]["curves"][0]["y"]).isfinite().sum() == 2
