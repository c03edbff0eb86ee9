"""Resampling keeps means where it shrinks, and straight lines straight where it grows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltui.render import resample


@given(st.integers(1, 30), st.integers(1, 30), st.data())
def test_the_mean_stays_where_it_shrinks(high: int, wide: int, data: st.DataObject):
    new = data.draw(st.integers(1, high)), data.draw(st.integers(1, wide))
    values = np.random.default_rng(high * wide).random((high, wide))
    assert resample.smooth(values, *new).shape == new
    assert resample.smooth(values, *new).mean() == pytest.approx(values.mean())


def test_shares_of_area():
    """Three points into two: each takes one and a half."""
    assert resample.smooth(np.array([[0.0, 3.0, 9.0]]), 1, 2).tolist() == [pytest.approx([1, 7])]


def test_growing_is_straight_between_points():
    grown = resample.smooth(np.array([[0.0, 1.0]]), 1, 4)
    assert grown.tolist() == [pytest.approx([0, 0.25, 0.75, 1])]


def test_nearest_repeats():
    assert resample.nearest(np.array([[1, 2]]), 2, 4).tolist() == [[1, 1, 2, 2]] * 2
