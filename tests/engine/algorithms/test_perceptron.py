"""The perceptron's rule and Novikoff's bound: the inequalities of the proof hold at every mistake."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.svm import SVC

from dltui.engine.algorithms.perceptron import build, next_mistake, novikoff, updated, with_bias
from dltui.engine.data import clouds
from dltui.errors import DltuiError
from tests.engine.conftest import context


def rows(seed, margin=0.3, count=60):
    points, targets = clouds.separable(count, margin, np.random.Generator(np.random.PCG64(seed)))
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


# -- shown mistake by mistake ------------------------------------------------------------------------------------------


@pytest.fixture
def perceptron():
    torch.manual_seed(0)
    return build()(context(clouds.build(shape="separable", rows=250).builtin()))


def run(perceptron):
    while not perceptron.done:
        perceptron.step()
        yield perceptron.evaluate()


def test_every_step_is_a_mistake_until_there_are_none(perceptron):
    seen = 0
    for step, found in enumerate(run(perceptron), 1):
        if found["errors"]:
            assert found["mistakes"] == step and found["rows_seen"] > seen
        seen = found["rows_seen"]
    assert found["errors"] == 0 and found["mistakes"] < 100 and found["mistakes"] <= found["bound"]
    assert found["accuracy"] >= 0.98


def test_the_mistake_is_marked_and_lies_on_its_side_or_nearer_after_the_step(perceptron):
    perceptron.step()
    line = next(perceptron.pictures()).payload
    assert line["classes"][2] == "the mistake"
    row, points = perceptron.row, line["points"]
    assert (points["x"][-1], points["label"][-1]) == (pytest.approx(perceptron.points[row, 0].item()), 2)
    assert perceptron.y[row] * (perceptron.x[row] @ perceptron.w) > 0  # from w = 0 one step is enough
    list(run(perceptron))
    assert len(next(perceptron.pictures()).payload["classes"]) == 2  # there is none left


def test_the_square_of_w_lies_between_the_two_lines_of_the_proof(perceptron):
    list(run(perceptron))
    _, proof = (picture.payload for picture in perceptron.pictures())
    found, most, least = proof["curves"]
    k = found["x"]
    assert len(k) == perceptron.mistakes
    assert (found["y"] <= k * most["y"][0] * (1 + 1e-9)).all()
    assert (found["y"] >= k**2 * least["y"][0] * (1 - 1e-9)).all()
    assert most["y"][1] == pytest.approx(least["y"][1])  # they meet at the bound


def test_it_wants_points_of_two_classes(data):
    with pytest.raises(DltuiError, match="needs classes: 2"):
        build()(context(data._replace(classes=("a", "b", "c"))))
