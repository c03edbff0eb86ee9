"""The perceptron's rule and Novikoff's bound: the inequalities of the proof hold at every mistake."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.svm import SVC

from dltui.engine.algorithms.perceptron import next_mistake, novikoff, updated, with_bias
from dltui.engine.data.blobs import blobs


def rows(seed, margin=0.3, count=60):
    points, targets = blobs(count, margin, seed)
    return with_bias(torch.from_numpy(points)), 2.0 * torch.from_numpy(targets).double() - 1


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 500), order=st.integers(0, 500))
def test_it_ends_within_the_bound_and_the_proof_holds_on_the_way(seed, order):
    """Guards the rule: with w - y x it never ends."""
    x, y = rows(seed)
    mixed = torch.randperm(len(x), generator=torch.Generator().manual_seed(order))
    x, y = x[mixed], y[mixed]
    R, gamma = limit = novikoff(x, y)
    w, mistakes, row = torch.zeros(3, dtype=torch.float64), 0, -1
    while (row := next_mistake(w, x, y, (row + 1) % len(x))) is not None:
        w, mistakes = updated(w, x[row], y[row]), mistakes + 1
        assert w.norm() ** 2 <= mistakes * R**2 * (1 + 1e-9)
        assert w.norm() >= mistakes * gamma * (1 - 1e-9)
        assert mistakes <= limit.mistakes
    assert ((y * (x @ w)) > 0).all()


@pytest.mark.parametrize("seed", range(5))
def test_the_margin_is_the_widest_that_a_line_can_have(seed):
    """scikit-learn's machine has an unpunished bias; each row and its mirror image leave none."""
    x, y = rows(seed)
    z = (y[:, None] * x).numpy()
    machine = SVC(kernel="linear", C=1e9, tol=1e-8).fit(np.vstack([z, -z]), np.repeat([1, -1], len(z)))
    limit = novikoff(x, y)
    assert limit.gamma == pytest.approx(1 / np.linalg.norm(machine.coef_), rel=1e-4)
    assert pytest.approx(x.norm(dim=1).max().item()) == limit.R
    assert limit.mistakes == pytest.approx((limit.R / limit.gamma) ** 2)


def test_no_line_no_bound():
    """XOR."""
    x = with_bias(torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]]))
    assert novikoff(x, torch.tensor([-1.0, 1, 1, -1])).mistakes == float("inf")


def test_rows_are_taken_in_turn_from_where_it_stood():
    x, y = with_bias(torch.tensor([[1.0], [-1.0], [2.0], [-2.0]])), torch.tensor([1.0, 1, 1, 1])
    w = torch.tensor([1.0, 0], dtype=torch.float64)
    assert [next_mistake(w, x, y, start) for start in range(4)] == [1, 1, 3, 3]
    assert next_mistake(torch.tensor([0.0, 1], dtype=torch.float64), x, y, 2) is None
