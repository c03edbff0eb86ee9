"""Parts as scikit-learn cuts them: every row in one, sizes alike, classes dealt evenly where that is asked for."""

import numpy as np
import pytest
import torch
from sklearn.model_selection import KFold, StratifiedKFold

from dltui.engine.algorithms.cross_validation import SPLITS, folds, spread

TARGETS = torch.tensor([0] * 59 + [1] * 71 + [2] * 48)  # as wine


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("k", [2, 5, 7])
def test_parts_differ_by_one_row_at_most(split, k):
    torch.manual_seed(k)
    sizes = torch.bincount(folds(TARGETS, k, split), minlength=k)
    assert sizes.sum() == 178 and sizes.max() - sizes.min() <= 1 and len(sizes) == k


def test_a_stratified_part_holds_of_each_class_what_scikit_learns_does():
    torch.manual_seed(0)
    part = folds(TARGETS, 5, "stratified")
    ours = [torch.bincount(TARGETS[part == number], minlength=3).tolist() for number in range(5)]
    split = StratifiedKFold(5).split(TARGETS, TARGETS)
    theirs = [np.bincount(TARGETS[held], minlength=3).tolist() for _, held in split]
    assert [sorted(counts) for counts in zip(*ours, strict=True)] == [
        sorted(counts) for counts in zip(*theirs, strict=True)
    ]


def test_sorted_parts_are_those_of_a_table_that_is_ordered_by_class():
    mixed = TARGETS[torch.randperm(178, generator=torch.Generator().manual_seed(0))]
    part = folds(mixed, 2, "sorted")
    ordered = mixed[torch.argsort(mixed, stable=True)]
    (_, first), _ = KFold(2).split(ordered)
    assert sorted(mixed[part == 0].tolist()) == ordered[first].tolist()


def test_only_a_deal_draws_random_numbers():
    torch.manual_seed(0)
    first, again = (folds(TARGETS, 5, "shuffled") for _ in range(2))
    assert not torch.equal(first, again)
    assert torch.equal(folds(TARGETS, 5, "sorted"), folds(TARGETS, 5, "sorted"))


def test_spread_is_that_of_a_sample():
    scores = torch.tensor([[0.9, 1.0, 0.95], [1.0, 1.0, 1.0]], dtype=torch.float64)
    assert spread(scores).tolist() == pytest.approx(np.std(scores.numpy(), axis=1, ddof=1).tolist())
