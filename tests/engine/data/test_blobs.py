"""Blobs: two clouds that a line parts, with an empty strip as wide as was asked for."""

import numpy as np
import pytest
import torch
from sklearn.svm import SVC

from dltui.engine.data import blobs


@pytest.mark.parametrize("margin", [0.05, 0.3])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_strip_between_them_is_as_wide_as_was_asked_for(margin, seed):
    points, targets = blobs.blobs(300, margin, seed)
    widest = 1 / np.linalg.norm(SVC(kernel="linear", C=1e8).fit(points, targets).coef_)
    assert widest >= margin - 1e-6
    assert widest < margin + 0.1  # and not much wider: some points stand at its edge


def test_the_line_passes_the_origin_by():
    """A perceptron without a bias must not do."""
    points, targets = blobs.blobs(300, 0.3, 0)
    middles = [points[targets == target].mean(0) for target in (0, 1)]
    assert abs(middles[0] + middles[1]).max() > 0.5


def test_they_are_decided_by_their_seed_and_nothing_else():
    first = blobs.build(seed=3).builtin()
    torch.manual_seed(1)
    np.random.seed(1)
    again, other = blobs.build(seed=3).builtin(), blobs.build(seed=4).builtin()
    assert torch.equal(first.train.inputs, again.train.inputs)
    assert not torch.equal(first.train.inputs, other.train.inputs)
    assert len(first.train.inputs) + len(first.test.inputs) == 250 and first.classes == ("minus", "plus")
