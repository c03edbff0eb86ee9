"""Hill climbing makes the best flip, stops where none helps, and begins again: compared with trying every set."""

import itertools

import pytest
import torch

from dltui.engine.algorithms.selection_climbing import METRICS, SelectionClimbing
from dltui.engine.metrics.nearest_neighbours import LeaveOneOut
from dltui.engine.results import subset

D = 7


@pytest.fixture
def criterion():
    """Of a small random table: scores of all 2^7 sets can be known."""
    generator = torch.Generator().manual_seed(0)
    y = torch.randint(0, 3, (60,), generator=generator)
    x = torch.randn(60, D, generator=generator)
    x[:, 1] += y
    x[:, 4] -= 1.5 * (y == 1)
    return LeaveOneOut(x, y)


def ended(criterion, starts, seed=0):
    torch.manual_seed(seed)
    ours = SelectionClimbing(criterion, D, starts)
    while not ours.done:
        ours.step()
    return ours


def neighbours(columns):
    return columns ^ torch.eye(D, dtype=torch.bool)


def test_each_step_is_the_best_of_all_flips(criterion):
    """Guards the sign, and that a column may be dropped too: 7 flips, not only those of the columns that are out."""
    ours = ended(criterion, 4)
    sets, worth, climb = ours.sets.flip(0), ours.worth.flip(0), ours.climb.flip(0)
    assert torch.equal(worth, criterion(sets))
    dropped = 0
    for before, after, same in zip(sets, sets[1:], climb[1:] == climb[:-1], strict=False):
        if same:
            tried = criterion(neighbours(before))
            assert torch.equal(after, neighbours(before)[tried.argmax()])
            dropped += int(after.sum() < before.sum())
    assert dropped > 0


def test_every_climb_rises_and_ends_where_no_flip_helps(criterion):
    """Guards the comparison: with >= it would walk along a plateau for ever."""
    ours = ended(criterion, 5)
    for number in range(5):
        worth = ours.worth[ours.climb == number].flip(0)
        assert (worth.diff() > 0).all()
        assert criterion(neighbours(ours.sets[ours.climb == number][0])).max() <= worth[-1]
    found = ours.evaluate()
    assert found == {"improving_flips": 0, "ends": 5, "fall": 0} and set(found) == set(METRICS)


def test_many_starts_find_what_trying_all_sets_finds(criterion):
    every = torch.tensor(list(itertools.product([False, True], repeat=D)))
    best = criterion(every).max()
    ours = ended(criterion, 30)
    assert ours.worth.max() == best == criterion(subset.chosen(ours)[None])[0]
    assert ours.evaluations == 1 + 29 + D * len(ours.sets)


def test_the_first_climb_starts_from_no_column(criterion):
    ours = ended(criterion, 1)
    assert not ours.sets[-1].any() and int(ours.ends) == 1
