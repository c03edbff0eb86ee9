"""Measures on known faults: divergences against SciPy's, and the cases that each measure must see or miss."""

import pytest
import torch
from scipy.stats import entropy

from dltui.engine.algorithms.gan_metrics import build, kl, measures, shares
from tests.engine.conftest import context


def test_kl_is_scipys_and_js_is_symmetric():
    torch.manual_seed(0)
    p, q = (torch.rand(30, dtype=torch.float64).softmax(0) for _ in range(2))
    assert kl(p, q) == pytest.approx(entropy(p, q)) and kl(p, p) == 0
    real, made = torch.randn(100, 2), torch.randn(100, 2) + 1
    there, back = measures(real, made), measures(made, real)
    assert there.js == pytest.approx(back.js) and there.kl == pytest.approx(back.reverse_kl)
    assert there.nn == pytest.approx(back.nn) and there.w1 == pytest.approx(back.w1)


def test_shares_sum_to_1_and_points_far_away_are_counted_at_the_edge():
    found = shares(torch.tensor([[100.0, -100.0], [0.1, 0.1]]))
    assert found.sum().item() == pytest.approx(1) and found.min() > 0


def test_the_cases_are_what_they_are_called():
    made = build(samples=64, shift=0.5)(context())
    assert made.length == 7
    torch.testing.assert_close(made.cases["shifted"] - made.real, torch.tensor([0.5, 0.0]).expand(64, 2))
    assert torch.equal(made.cases["copies"], made.real)
    found = made.at(7).metrics
    assert found["shifted_fid"] == pytest.approx(0.25, rel=1e-6) and found["copies_nn"] == 0
    assert found["collapsed_fid"] > 20 * found["one_gaussian_fid"]


def test_a_step_shows_the_cases_so_far():
    made = build(samples=32)(context())
    for step, rows in ((0, 1), (3, 3), (7, 7)):
        moment = made.at(step)
        assert len(moment.pictures[0].payload["rows"]) == rows
    assert "copies_nn" not in made.at(3).metrics
