"""Several shapes: labels of their own for each class, a fifth held back."""

import torch

from dltui.engine.data import several


def test_targets_are_a_bit_a_class_and_a_fifth_is_tested():
    data = several.build(rows=100).builtin()
    assert data.train.targets.shape == (80, 5) and data.test.targets.shape == (20, 5)
    assert set(data.train.targets.unique().tolist()) == {0, 1} and data.train.targets.sum(1).max() > 1
    assert data.facts == {"channels": 3, "size": 32, "inputs": 3072, "classes": 5}


def test_another_seed_gives_other_pictures():
    first, again, other = (several.build(rows=20, seed=seed).builtin().train.inputs for seed in (1, 1, 2))
    assert torch.equal(first, again) and not torch.equal(first, other)
