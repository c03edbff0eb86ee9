"""Position vectors against the formula, number by number."""

import math

import pytest
import torch

from dltui.engine.layers.positions import frequencies, sines


@pytest.mark.parametrize("d", [2, 6, 16])
def test_each_number_is_that_of_the_paper(d):
    p = sines(12, d, dtype=torch.float64)
    for position in range(12):
        for k in range(d // 2):
            angle = position / 10_000 ** (2 * k / d)
            assert p[position, 2 * k].item() == pytest.approx(math.sin(angle), abs=1e-12)
            assert p[position, 2 * k + 1].item() == pytest.approx(math.cos(angle), abs=1e-12)


def test_the_first_pair_turns_by_one_and_each_further_one_less():
    w = frequencies(16)
    assert w[0] == 1 and (w.diff() < 0).all()
