"""Coverage of known groups: what is near, what is enough."""

import torch

from dltui.engine.algorithms.modes import coverage

CENTRES, SPREAD = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]]), torch.tensor([0.1, 0.1, 1.0])


def test_samples_of_all_groups_cover_them():
    samples = CENTRES.repeat(100, 1)
    found = coverage(samples, CENTRES, SPREAD)
    assert found.counts.tolist() == [100, 100, 100] and found.covered == 3 and found.near == 1


def test_a_collapsed_generator_covers_one():
    """Guards the claim: a mean over the distances of all samples would call this near everything."""
    assert coverage(CENTRES[:1].repeat(300, 1), CENTRES, SPREAD).covered == 1


def test_between_groups_is_no_group_and_each_has_its_own_width():
    samples = torch.tensor([[5.0, 5.0], [0.5, 0.0], [0.3, 0.0], [0.0, 6.5]])  # 4 deviations: 0.4 and 4
    found = coverage(samples, CENTRES, SPREAD)
    assert found.counts.tolist() == [1, 0, 1] and found.near == 0.5


def test_a_few_stray_samples_are_not_enough():
    samples = torch.cat([CENTRES[:1].repeat(290, 1), CENTRES[1:2].repeat(9, 1), CENTRES[2:].repeat(11, 1)])
    assert coverage(samples, CENTRES, SPREAD).covered == 2  # a tenth of a third of 310 is 10.3
