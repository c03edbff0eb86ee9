"""Axes: round numbers inside the range, short labels that tell them apart, labels that never touch."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment

from dltui.render import axes
from dltui.render.terminal_capabilities import TerminalCapabilities
from tests.render.conftest import plain

ranges = st.tuples(
    st.floats(-1e12, 1e12, allow_nan=False), st.floats(1e-9, 1e12, allow_nan=False, allow_infinity=False)
).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(ranges, st.integers(2, 20))
def test_ticks_lie_in_the_range_rise_and_are_evenly_spaced(limits, count):
    low, high = limits
    if (high - low) < 1e-6 * max(abs(low), abs(high)):
        return  # beyond what a label of a few characters can tell apart
    values = [value for value, _ in axes.ticks(low, high, count)]
    slack = 1e-5 * (high - low)
    assert all(low - slack <= value <= high + slack for value in values)
    assert 2 <= len(values) <= 2 * count + 2
    gaps = [second - first for first, second in pairwise(values)]
    assert all(math.isclose(gap, gaps[0], rel_tol=1e-3) and gap > 0 for gap in gaps)


@given(st.floats(0, 1e6), st.floats(1e-3, 1e6), st.integers(2, 12))
def test_labels_differ_where_values_do(low, size, count):
    if size < 1e-3 * low:
        return
    labels = [text for _, text in axes.ticks(low, low + size, count)]
    assert len(set(labels)) == len(labels)
    assert max(map(len, labels)) <= 7


@given(st.floats(-12, 10), st.floats(1, 12), st.integers(2, 10))
def test_log_ticks_rise_within_the_range(exponent, decades, count):
    low, high = 10**exponent, 10 ** (exponent + decades)
    values = [value for value, _ in axes.ticks(low, high, count, log=True)]
    assert values == sorted(values) and len(values) <= 2 * count + 2
    assert all(low * 0.999 <= value <= high * 1.001 for value in values)


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (0, 1, "0"), (0.05, 0.05, "0.05"), (1200, 200, "1.2k"), (3_000_000, 1e6, "3M"), (1e-4, 1e-4, "1e-4"),
        (-0.5, 0.5, "-0.5"), (1500, 500, "1.5k"), (2e9, 1e9, "2G"), (1000, 1000, "1k"), (1.0, 0.25, "1"),
        (999_999.9999, 1e6, "1M"), (2.5e-5, 5e-6, "2.5e-5"),
    ],
)  # fmt: skip
def test_labels_are_short(value, step, text):
    assert axes.label(value, step) == text


def test_log_ticks_are_powers_of_ten():
    found = axes.ticks(1e-4, 10, 6, log=True)
    assert [text for _, text in found] == ["1e-4", "1e-3", "0.01", "0.1", "1", "10"]
    assert [value for value, _ in found] == pytest.approx([1e-4, 1e-3, 0.01, 0.1, 1, 10])


@pytest.mark.parametrize("limits", [(0, 0), (1, 0), (math.nan, 1), (0, math.inf)])
def test_ticks_of_no_range_raise_nothing(limits):
    assert len(axes.ticks(*limits, 5)) <= 1


@given(st.integers(0, 90), st.integers(0, 30), ranges, st.booleans(), st.booleans())
def test_a_frame_has_its_size(width, height, limits, titled, unicode):
    look = TerminalCapabilities(unicode=unicode)
    title = "y" if titled else ""
    columns, rows = axes.room(width, height, limits, look, titled=titled)
    canvas = [[Segment("x" * max(0, columns))] for _ in range(rows)]
    lines = axes.frame(canvas, width, height, (0, 100), limits, "step", title, look)
    assert len(lines) == height
    assert all(sum(cell_len(segment.text) for segment in line) == width for line in lines)


def test_labels_of_the_x_axis_never_touch():
    lines = axes.frame([], 70, 8, (0, 123_456), (0, 1), "step", "", TerminalCapabilities())
    below = "".join(segment.text for segment in lines[-1])
    values = below.split()
    assert values[-1] == "step" and len(values) >= 4
    assert all(value == "0" or value.endswith("k") for value in values[:-1])


def test_a_long_title_of_the_x_axis_is_cut_and_leaves_the_first_tick():
    title = "symbols read before the prediction"
    lines = plain(axes.frame([], 36, 8, (0, 30), (0, 1), title, "", TerminalCapabilities()))
    assert "symbols read before" in lines[-1] and "…" in lines[-1] and lines[-1].split()[0] == "0"


def test_a_wide_title_is_drawn_with_its_escapes_gone():
    lines = axes.frame([], 30, 8, (0, 1), (0, 1), "", "\x1b]52;c;x\x07потери 損失", TerminalCapabilities())
    text = "".join(segment.text for segment in lines[0])
    assert text.startswith("потери 損失") and "\x1b" not in text
