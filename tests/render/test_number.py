"""Numbers and times are short, and say what they stand for."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dltui.recipes.metric import Metric
from dltui.render.number import clock, count, measured, number, rate, spoken, writer


@given(st.floats(-1e300, 1e300) | st.sampled_from([math.nan, math.inf, -math.inf]))
def test_a_number_is_short_and_near_to_its_value(value):
    text = number(value)
    assert len(text) <= 10
    if math.isfinite(value):
        assert float(text) == pytest.approx(value, rel=0.01, abs=1e-300)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0512, "0.0512"), (12.34, "12.34"), (0.951, "0.951"), (1.2e-5, "1.2e-5"), (math.nan, "nan"),
        (-math.inf, "-inf"), (0, "0.000"), (0.001953, "0.00195"), (123.45, "123.5"), (54321.4, "54321"),
        (2.5e7, "2.5e7"),
    ],
)  # fmt: skip
def test_numbers(value, text):
    assert number(value) == text


def test_a_count_is_written_without_places_and_a_mean_of_counts_is_not_rounded():
    written = writer(Metric("", whole=True, unit="px"))
    assert [written(value) for value in (7.0, 0.0, 12345.0, 7.5)] == ["7", "0", "12,345", "7.500"]
    assert writer(Metric("", counter=True), unit=True)(7.0) == "7"
    assert writer(Metric("", whole=True, unit="px"), unit=True)(7.0) == "7 px"
    assert writer(Metric(""))(7.0) == "7.000" and written(math.nan) == "nan"


@pytest.mark.parametrize(
    ("value", "text"), [(980, "980"), (12345, "12,345"), (1_200_000, "1.2M"), (3_000_000_000, "3G")]
)
def test_counts(value, text):
    assert count(value) == text


@pytest.mark.parametrize(
    ("seconds", "digits", "words"),
    [(0, "0:00", "0 s"), (7.4, "0:07", "7 s"), (150, "2:30", "2 min 30 s"), (11109, "3:05:09", "3 h 5 min"),
     (59.6, "1:00", "1 min"), (200_000, "2d 7h", "55 h 33 min")],
)  # fmt: skip
def test_times(seconds, digits, words):
    assert (clock(seconds), spoken(seconds)) == (digits, words)


@pytest.mark.parametrize(("value", "text"), [(312.4, "312"), (4.25, "4.2"), (0.05, "0.05")])
def test_rates(value, text):
    assert rate(value) == text


@pytest.mark.parametrize(
    ("values", "written"),
    [
        ([12.0, 3, 0], ["12", "3", "0"]),  # errors
        ([40_000.0], ["40000"]),
        ([0.0, 1.0], ["0.000", "1.000"]),  # a share
        ([2.31, 2.0], ["2.310", "2.000"]),
        ([3.0, float("nan")], ["3.000", "nan"]),
    ],
)
def test_counts_are_whole_numbers(values, written):
    assert list(map(measured(values), values)) == written
