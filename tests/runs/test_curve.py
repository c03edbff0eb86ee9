"""A curve that is put together keeps what plots and claims ask of it: ends, extremes, means, what was not finite."""

import math
from random import Random
from statistics import fmean

import pytest

from dltui.runs import curve as curves
from dltui.runs.curve import Curve


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """A hundred points are many."""
    monkeypatch.setattr(curves, "MOST", 64)
    monkeypatch.setattr(curves, "RAW", 64)
    monkeypatch.setattr(curves, "RECENT", 16)


def grown(values: list[float]) -> Curve:
    made = Curve()
    for step, value in enumerate(values):
        made.steps.append(step)
        made.values.append(value)
        made.pack()
    return made


@pytest.mark.parametrize("count", [10, 65, 200, 1000, 5000])
def test_ends_extremes_and_means_are_those_of_all_points(count):
    values = [Random(count).expovariate(1) for _ in range(count)]
    made = grown([value * (1 + at) for at, value in enumerate(values)])
    whole = [value * (1 + at) for at, value in enumerate(values)]
    assert len(made.values) <= 64 + 1 + max(64, made.stride + 16)
    assert len(made.steps) == len(made.values) == len(made.lows) == len(made.highs)
    assert (made.values[0], made.values[-1]) == (whole[0], whole[-1])
    assert list(made.steps) == sorted(set(made.steps)) and (made.steps[0], made.steps[-1]) == (0, count - 1)
    assert (min(made.lows), max(made.highs)) == (min(whole), max(whole))
    before = -1
    for step, value, low, high in zip(made.steps, made.values, made.lows, made.highs, strict=True):
        part = whole[before + 1 : step + 1]
        assert (low, high) == (min(part), max(part)) and value == pytest.approx(fmean(part))
        before = step


def test_nan_and_infinity_leave_a_mark_and_hide_no_extremes():
    values = [1.0] * 400
    values[50], values[51], values[52] = math.nan, 7.0, math.inf
    made = grown(values)
    assert [step for step, value in zip(made.steps, made.values, strict=True) if math.isnan(value)]
    assert max(high for high in made.highs if high == high) == 7.0
    assert all(math.isnan(value) or value <= 4.0 for value in made.values)


def test_what_is_cut_is_gone_from_all_parts():
    made = grown([float(at) for at in range(1000)])
    made.cut(300)
    assert 280 < made.steps[-1] <= 300
    assert len(made.steps) == len(made.values) == len(made.lows) == len(made.highs)
    made.cut(-1)
    assert not made.steps and not made.low
