"""Trails: every step while they are short, every n-th once they are long, and the same again from a checkpoint."""

import torch

from dltui.engine.trail import KEPT, Trail


def walked(steps: int) -> Trail:
    trail = Trail(torch.zeros(2))
    for step in range(1, steps + 1):
        trail.add(step, torch.tensor([float(step), -float(step)]))
    return trail


def test_a_short_trail_holds_every_step():
    trail = walked(KEPT - 1)
    assert trail.steps.tolist() == list(range(KEPT))
    assert trail.values[:, 0].tolist() == list(range(KEPT))


def test_a_long_trail_is_thinned_evenly():
    for steps in (KEPT, KEPT + 1, 3 * KEPT, 10 * KEPT):
        trail = walked(steps)
        gaps = trail.steps.diff().unique()
        assert len(gaps) == 1 and gaps.item() % 2 == 1  # an odd stride keeps a zigzag
        assert KEPT / 4 < len(trail.steps) <= KEPT and trail.steps[0] == 0
        assert torch.equal(trail.values[:, 1], -trail.steps.float())


def test_a_trail_goes_on_where_it_was_saved():
    whole, other = walked(2 * KEPT), Trail(torch.zeros(2))
    other.load_state_dict(walked(KEPT + 40).state_dict())
    for step in range(KEPT + 41, 2 * KEPT + 1):
        other.add(step, torch.tensor([float(step), -float(step)]))
    assert torch.equal(other.steps, whole.steps) and torch.equal(other.values, whole.values)
