"""A rare class: exactly as rare as was asked for, in a place of its own, decided by the seed alone."""

import pytest
import torch

from dltui.engine.data import rare


@pytest.mark.parametrize("share", [0.01, 0.2])
def test_both_splits_hold_exactly_the_share(share):
    data = rare.build(rows=1000, share=share).builtin()
    assert data.train.targets.sum() == 1000 * share and data.test.targets.sum() == 2000 * share
    assert not torch.equal(data.train.targets.nonzero(), torch.arange(int(1000 * share))[:, None])


def test_the_rare_lie_right_of_the_common_and_partly_among_them():
    data = rare.build().builtin()
    common, few = (data.train.inputs[data.train.targets == number] for number in (0, 1))
    assert few[:, 0].mean() > 2 > few[:, 0].min() and abs(few[:, 1].mean()) < 0.2
    assert (common[:, 0] > few[:, 0].median()).sum() > len(few) / 2


def test_the_same_options_give_the_same_points():
    first, again, other = (rare.build(rows=500, seed=seed).builtin().train.inputs for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)
