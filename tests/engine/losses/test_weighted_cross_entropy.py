"""The map of weights by its formula, and the loss by it."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from dltui.engine.losses.weighted_cross_entropy import build, weight_map


def test_a_thin_wall_weighs_what_the_formula_says_and_more_than_a_thick_one():
    """A wall one pixel wide: d1 = d2 = 1. Guards against one distance counted twice: at 3 pixels d1 = 1, d2 = 3."""
    walls = np.zeros((9, 20), np.uint8)
    walls[:, 5] = 1
    walls[:, 12:15] = 1
    weights = weight_map(walls, w0=3.0, sigma=2.0)
    assert weights[4, 5] == pytest.approx(1 + 3 * np.exp(-(2**2) / 8))
    assert weights[4, 12] == weights[4, 14] == pytest.approx(1 + 3 * np.exp(-(4**2) / 8))
    assert (weights[walls == 0] == 1).all()


def test_without_two_cells_nothing_is_stressed():
    assert (weight_map(np.zeros((5, 5), np.uint8), 3.0, 2.0) == 1).all()


def test_without_stress_it_is_torchs():
    loss, logits, targets = build(w0=0.0), torch.randn(2, 2, 5, 5), torch.randint(2, (2, 5, 5))
    weights = loss.pixel_weights(targets)
    assert loss(logits, targets, weights).item() == pytest.approx(cross_entropy(logits, targets).item(), rel=1e-5)
