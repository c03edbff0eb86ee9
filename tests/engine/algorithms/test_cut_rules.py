"""Each cutting rule equals its formula, told another way; the broken stick is that of sticks really broken."""

import numpy as np
import pytest

from dltui.engine.algorithms import cut_rules
from dltui.engine.data import planted
from tests.engine.conftest import context


@pytest.fixture(params=range(4))
def s(request):
    scores = np.random.default_rng(request.param).exponential(size=25) ** 2
    return np.sort(scores)[::-1]


def test_the_stick_is_that_of_the_notes_and_of_sticks_that_are_broken():
    """Guards where the sum begins: from i = k, not k + 1; and the division by p."""
    b = cut_rules.broken_stick(10)
    assert np.allclose(b[:3], [0.293, 0.193, 0.143], atol=5e-4) and b.sum() == pytest.approx(1)
    assert b[3] == pytest.approx(sum(1 / i for i in range(4, 11)) / 10)
    places = np.sort(np.random.default_rng(0).random((20_000, 9)), 1)
    pieces = np.diff(np.concatenate([np.zeros((20_000, 1)), places, np.ones((20_000, 1))], 1), axis=1)
    assert np.allclose(np.sort(pieces, 1)[:, ::-1].mean(0), b, atol=0.003)


def test_the_broken_stick_cuts_at_the_first_share_that_is_no_longer_than_a_piece(s):
    b, kept = cut_rules.broken_stick(25), 0
    while kept < 25 and s[kept] / s.sum() > b[kept]:
        kept += 1
    assert cut_rules.by_broken_stick(s) == kept


def test_a_threshold_a_share_and_a_number(s):
    """Guards the share: as few as reach it, one fewer does not."""
    k = cut_rules.by_share(s, 0.8)
    assert s[:k].sum() >= 0.8 * s.sum() > s[: k - 1].sum()
    assert cut_rules.by_threshold(s, s[6]) == 7 and cut_rules.by_threshold(s, s[0] + 1) == 0
    assert cut_rules.by_count(s, 9) == 9 and cut_rules.by_count(s, 99) == 25
    assert cut_rules.by_share(s, 1.0) == 25


def test_the_elbow_is_furthest_from_the_chord(s):
    """Guards the axes: both go from 0 to 1, or the score's unit would decide."""
    x, y = np.linspace(0, 1, 25), (s - s[-1]) / (s[0] - s[-1])
    distances = [abs((1 - 0) * (1 - b) - a * (1 - 0)) / 2**0.5 for a, b in zip(x, y, strict=True)]
    assert cut_rules.by_elbow(s) == int(np.argmax(distances)) == cut_rules.by_elbow(1000 * s + 7)


def test_equal_scores_have_no_elbow_and_no_scores_have_no_share():
    assert cut_rules.by_elbow(np.ones(5)) == 0 and cut_rules.by_share(np.zeros(5), 0.9) == 0
    assert cut_rules.by_broken_stick(np.zeros(5)) == 0


def test_it_walks_down_the_curve_and_shows_a_cut_when_it_is_made():
    data = planted.build(rise=1, skew=1, bump=1, wide=1, noise=16).builtin()
    walk = cut_rules.build(count=6)(context(data))
    assert walk.length == 20
    first, last = walk.at(2), walk.at(20)
    assert first.metrics["count"] == 2 and last.metrics["count"] == 6
    assert last.metrics["planted"] == last.metrics["broken_stick"] == 4 and set(last.metrics) == set(cut_rules.METRICS)
    names = [{path.get("name") for path in moment.pictures[0].payload["paths"]} for moment in (first, last)]
    assert "count" not in names[0] and {"count", "threshold", "share", "broken stick", "elbow"} <= names[1]
    assert (last.metrics["noise_kept"]) == last.metrics["share"] - 4
