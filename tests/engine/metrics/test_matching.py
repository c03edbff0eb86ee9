"""The cheapest matching: in one dimension that of the sorted samples."""

import itertools

import pytest
import torch
from scipy.stats import wasserstein_distance

from dltui.engine.metrics.matching import matching_distance


def test_in_one_dimension_it_is_scipys_distance():
    torch.manual_seed(0)
    x, y = torch.randn(60, 1), 2 * torch.randn(60, 1) + 1
    assert matching_distance(x, y) == pytest.approx(wasserstein_distance(x[:, 0], y[:, 0]))


def test_it_is_the_least_of_all_matchings():
    torch.manual_seed(0)
    x, y = torch.randn(5, 1, 2, 2), torch.randn(5, 1, 2, 2)
    costs = torch.cdist(x.flatten(1), y.flatten(1))
    least = min(costs[range(5), list(order)].mean().item() for order in itertools.permutations(range(5)))
    assert matching_distance(x, y) == pytest.approx(least, rel=1e-5)


def test_a_shift_is_its_length():
    x = torch.randn(40, 2)
    assert matching_distance(x, x + torch.tensor([3.0, 4.0])) == pytest.approx(5, rel=1e-5)
