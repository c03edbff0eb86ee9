"""The energy distance: its formula on a few points, 0 on average for one distribution, that of a known shift."""

import math

import pytest
import torch

from dltui.engine.metrics.energy_distance import energy_distance


def test_it_is_the_formula():
    x, y = torch.tensor([[0.0], [2.0]]), torch.tensor([[1.0], [5.0], [5.0]])
    between = (1 + 5 + 5 + 1 + 3 + 3) / 6
    assert energy_distance(x, y) == pytest.approx(2 * between - 2 - (4 + 4 + 0) / 3)


def test_of_one_distribution_it_is_0_on_average_and_of_two_it_is_not():
    generator = torch.Generator().manual_seed(0)
    found = [energy_distance(*torch.randn(2, 100, 2, generator=generator)) for _ in range(60)]
    assert abs(sum(found) / 60) < 0.005 and min(found) < 0 < max(found)
    x, y = torch.randn(2, 3000, 1, generator=generator)
    shifted = energy_distance(x, y + 20)  # normals far apart: 2 * 20 - 2 * 2 / sqrt(pi)
    assert shifted == pytest.approx(40 - 4 / math.sqrt(math.pi), abs=0.3)
