"""CFS: its correlation is scikit-learn's normed mutual information, its merit Hall's formula; a copy adds nothing."""

import itertools

import numpy as np
import pytest
import torch
from sklearn.metrics import mutual_info_score, normalized_mutual_info_score

from dltui.engine.algorithms import cfs
from dltui.engine.algorithms.filters import binned
from dltui.engine.data import planted
from dltui.engine.results import subset
from tests.engine.conftest import context


@pytest.fixture
def table():
    generator = torch.Generator().manual_seed(0)
    y = torch.randint(0, 3, (240,), generator=generator)
    x = torch.randn(240, 5, dtype=torch.float64, generator=generator)
    x[:, 1] += y
    x[:, 3] += x[:, 1]
    return x, y


def test_symmetrical_uncertainty_is_scikit_learns(table):
    """Guards the norm: H(a) + H(b), not H(a, b)."""
    x, y = table
    values = torch.cat([binned(x), y[:, None]], 1)
    got = cfs.symmetrical_uncertainty(values)
    for a, b in itertools.product(range(6), repeat=2):
        want = normalized_mutual_info_score(values[:, a], values[:, b], average_method="arithmetic")
        assert got[a, b].item() == pytest.approx(want)
    H = -sum(p * np.log(p) for p in np.bincount(y) / 240)
    assert mutual_info_score(y, y) == pytest.approx(H) and got[5, 5] == 1


def test_the_merit_is_halls_formula_for_every_set(table):
    """Guards the pairs: k (k - 1) of them, without those of a column with itself."""
    x, y = table
    merit = cfs.Merit(x, y)
    certainty = cfs.symmetrical_uncertainty(torch.cat([binned(x), y[:, None]], 1))
    for k in range(1, 6):
        for columns in itertools.combinations(range(5), k):
            r_cf = np.mean([certainty[i, 5].item() for i in columns])
            r_ff = np.mean([certainty[i, j].item() for i, j in itertools.permutations(columns, 2)] or [0])
            bits = torch.tensor([[i in columns for i in range(5)]])
            assert merit(bits).item() == pytest.approx(k * r_cf / np.sqrt(k + k * (k - 1) * r_ff))
    assert merit(torch.zeros(1, 5, dtype=torch.bool)).item() == 0


def test_an_exact_copy_of_a_single_column_adds_nothing(table):
    x, y = table
    merit = cfs.Merit(torch.cat([x, x[:, 1:2]], 1), y)
    alone, doubled = merit(torch.tensor([[0, 1, 0, 0, 0, 0], [0, 1, 0, 0, 0, 1]]))
    assert alone.item() == pytest.approx(doubled.item())
    loose = cfs.Merit(torch.cat([x, x[:, 1:2]], 1), y, redundancy=False)
    alone, doubled = loose(torch.tensor([[0, 1, 0, 0, 0, 0], [0, 1, 0, 0, 0, 1]]))
    assert doubled > 1.4 * alone


def test_a_constant_column_correlates_with_nothing():
    y = torch.arange(30) % 3
    certainty = cfs.symmetrical_uncertainty(torch.stack([torch.zeros(30, dtype=torch.long), y], 1))
    assert certainty.tolist() == [[0, 0], [0, 1]]


@pytest.mark.parametrize("redundancy", [True, False])
def test_of_exact_copies_one_joins_before_the_other_signals_do(redundancy):
    """Guards r_ff: without it, copies of the best column come first."""
    options = {"rise": 2, "copies": 3, "apart": 0.0, "skew": 0, "bump": 1, "wide": 0, "noise": 4}
    data = planted.build(**options).builtin()
    ours = cfs.build(redundancy=redundancy)(context(data))
    while not ours.done:
        ours.step()
    carried = torch.tensor(planted.signals(data.columns))  # (3, D)
    found = int((carried & ours.sets[3]).any(1).sum())
    assert (found == 3) == redundancy and set(ours.evaluate()) <= set(cfs.METRICS)
    assert int(subset.chosen(ours).sum()) == 3 or not redundancy
