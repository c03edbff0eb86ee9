"""What a column tells beyond its blanket is conditional information; copies and noise go before any signal does."""

import itertools

import numpy as np
import pytest
import torch
from sklearn.metrics import mutual_info_score

from dltui.engine.algorithms import markov_blanket as ours
from dltui.engine.data import planted
from tests.engine.conftest import context


@pytest.fixture
def counted():
    generator = torch.Generator().manual_seed(0)
    f, m, other = torch.randint(0, 3, (3, 400), generator=generator)
    y = (f + m * other) % 3
    return f, torch.stack([m, other], 1), y


def test_delta_is_koller_and_sahamis_sum_value_by_value(counted):
    """Guards the weights P(m, f), and a KL turned round."""
    f, blanket, y = counted
    want = 0.0
    for a, b, v in itertools.product(range(3), repeat=3):
        of_m = (blanket[:, 0] == a) & (blanket[:, 1] == b)
        both = of_m & (f == v)
        if not both.any():
            continue
        P, Q = (np.bincount(y[rows], minlength=3) / int(rows.sum()) for rows in (both, of_m))
        want += both.double().mean().item() * sum(p * np.log2(p / q) for p, q in zip(P, Q, strict=True) if p)
    assert ours.beyond(f, blanket, y) == pytest.approx(want) and want > 0.5


def test_without_a_blanket_it_is_scikit_learns_mutual_information(counted):
    f, blanket, y = counted
    assert ours.beyond(f, blanket[:, :0], y) == pytest.approx(mutual_info_score(f, y) / np.log(2))
    assert ours.beyond(f, f[:, None], y) == pytest.approx(0)  # a copy tells all


def ended(**options):
    data = {"rise": 2, "copies": 2, "apart": 0.1, "skew": 0, "bump": 1, "wide": 0, "noise": 5, "rows": 600}
    rows = planted.build(**data).builtin()
    algorithm = ours.build(**options)(context(rows))
    while not algorithm.done:
        algorithm.step()
    return algorithm, rows


def test_copies_and_noise_go_and_one_column_of_each_signal_stays():
    algorithm, rows = ended()
    carried = torch.tensor(planted.signals(rows.columns))  # (3, D)
    kept = algorithm.sets[len(rows.columns) - 3]
    assert (carried & kept).sum(1).tolist() == [1, 1, 1]
    found = algorithm.evaluate()
    assert found["copies_left"] == found["noise_left"] == 0 and set(found) <= set(ours.METRICS)
    alone, _ = ended(blanket=0)
    assert alone.evaluate()["copies_left"] > 0


def test_every_column_but_the_last_left_by_a_blanket_that_was_still_in():
    algorithm, rows = ended(blanket=2)
    D = len(rows.columns)
    went = [int((algorithm.sets[n] & ~algorithm.sets[n + 1]).nonzero()) for n in range(D - 1)]
    assert len(set(went)) == D - 1
    for n, i in enumerate(went):
        blanket = algorithm.blankets[i]
        assert int(blanket.sum()) == min(2, D - 1 - n) and not (blanket & ~algorithm.sets[n + 1]).any()
    circle, table = (picture.payload for picture in algorithm.pictures())
    assert len(circle["paths"]) == int(algorithm.blankets.sum()) and table["rows"][0][0] == rows.columns[went[-1]]


def test_a_constant_column_goes_first():
    y = torch.arange(60) % 2
    x = torch.stack([y + 0.1 * torch.randn(60), torch.zeros(60), torch.randn(60)], 1).double()
    algorithm = ours.MarkovBlanket(x, y, lambda sets: torch.ones(len(sets)), 1, 3, torch.zeros(0), ("a", "b", "c"))
    algorithm.step()
    assert algorithm.sets[1].tolist() == [True, False, True]
