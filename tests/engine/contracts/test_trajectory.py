"""Trails: every step while they are short, every n-th once they are long, and the same again from a checkpoint."""

import torch

from dltui.engine.contracts.trajectory import KEPT, Trajectory


def walked(steps: int) -> Trajectory:
    trajectory = Trajectory(torch.zeros(2))
    for step in range(1, steps + 1):
        trajectory.add(step, torch.tensor([float(step), -float(step)]))
    return trajectory


def test_a_short_trail_holds_every_step():
    trajectory = walked(KEPT - 1)
    assert trajectory.steps.tolist() == list(range(KEPT))
    assert trajectory.values[:, 0].tolist() == list(range(KEPT))


def test_a_long_trail_is_thinned_evenly():
    for steps in (KEPT, KEPT + 1, 3 * KEPT, 10 * KEPT):
        trajectory = walked(steps)
        gaps = trajectory.steps.diff().unique()
        assert len(gaps) == 1 and gaps.item() % 2 == 1  # an odd stride keeps a zigzag
        assert KEPT / 4 < len(trajectory.steps) <= KEPT and trajectory.steps[0] == 0
        assert torch.equal(trajectory.values[:, 1], -trajectory.steps.float())


def test_a_trail_goes_on_where_it_was_saved():
    whole, other = walked(2 * KEPT), Trajectory(torch.zeros(2))
    other.load_state_dict(walked(KEPT + 40).state_dict())
    for step in range(KEPT + 41, 2 * KEPT + 1):
        other.add(step, torch.tensor([float(step), -float(step)]))
    assert torch.equal(other.steps, whole.steps) and torch.equal(other.values, whole.values)
