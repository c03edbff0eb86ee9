"""The curse of dimension: shares follow the formula, distances are torch's, and what is drawn has the correlation."""

import pytest
import torch
from scipy import stats

from dltui.engine.algorithms import curse_of_dimension as curse
from tests.engine.conftest import context


def test_the_share_of_average_people_is_the_formulas():
    """Guards both sides of the mean: Phi(0.3) alone counts everybody who is small, too."""
    inside = 2 * stats.norm.cdf(0.3) - 1
    for d in (1, 3, 10):
        assert curse.average_share(d, 0.0) == pytest.approx(inside**d, rel=1e-6)
    assert curse.average_share(1, 0.9) == pytest.approx(inside, rel=1e-4)
    cov = [[1, 0.6], [0.6, 1]]
    two = stats.multivariate_normal([0, 0], cov).cdf([0.3, 0.3], lower_limit=[-0.3, -0.3])
    assert curse.average_share(2, 0.6) == pytest.approx(two, rel=1e-3)


@pytest.mark.parametrize("correlation", [0.0, 0.6])
def test_rows_have_variance_1_and_the_correlation(correlation):
    """Guards the roots: without them the variances do not add up to 1."""
    rows = curse.drawn(40_000, 3, correlation, torch.Generator().manual_seed(0))
    found = torch.cov(rows.T)
    want = torch.full((3, 3), correlation, dtype=torch.float64).fill_diagonal_(1)
    assert torch.allclose(found, want, atol=0.03)


def test_people_follow_the_formula_and_the_ratio_goes_to_1():
    walk = curse.build()(context(seed=3))
    moments = [walk.at(step).metrics for step in range(walk.length + 1)]
    ratios = [metrics["distance_ratio"] for metrics in moments]
    assert ratios == sorted(ratios) and ratios[0] < 0.05 and ratios[-1] > 0.85
    # |x - q|^2 is 2 chi^2_d: its root has mean sqrt(2 d) and deviation 1; 3 of them are the extremes of 500
    d = curse.DIMENSIONS[-1] ** 0.5 * 2**0.5
    assert ratios[-1] == pytest.approx((d - 3) / (d + 3), abs=0.03)
    assert moments[-1]["share_error"] < 4.5 and set(moments[0]) == set(curse.METRICS)
    assert moments[2]["average_share"] == pytest.approx(moments[2]["predicted_share"], rel=0.2)


def test_a_step_shows_the_same_in_any_order():
    """Guards a resume: what is drawn for a dimension does not depend on those before it."""
    forth, back = (curse.build(correlation=0.5)(context(seed=1)) for _ in range(2))
    first = [forth.at(step).metrics for step in (2, 5)]
    assert first == [back.at(step).metrics for step in (5, 2)][::-1]


def test_the_nearest_and_the_farthest_are_found():
    """Guards the axis: nearest of the points for each query."""
    walk = curse.build()(context())
    distances = walk._distances(2)
    assert distances.shape == (curse.QUERIES, curse.POINTS)
    want = sum((row.min() / row.max()).item() for row in distances) / len(distances)
    assert walk.ratio(2) == pytest.approx(want)
