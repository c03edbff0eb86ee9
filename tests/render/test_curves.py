"""Curves: no extreme is lost, whatever the number of points; what is not finite is a gap and a mark."""

import re
from array import array

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dltui.render import curves, palette
from dltui.render.envelope import reduce, robust_range, smoothed
from dltui.render.terminal_capabilities import TerminalCapabilities
from tests.render.conftest import plain, widths, written

LOOK = TerminalCapabilities()
SIZES = [(80, 24), (120, 40)]


def falling(count: int = 3000) -> tuple[array, array]:
    steps = np.arange(1, count + 1)
    values = 0.1 + 2.2 * np.exp(-steps / 400) + np.random.default_rng(0).gamma(2, 0.05, count)
    return array("q", steps.tolist()), array("d", values.tolist())


# -- what a column keeps -----------------------------------------------------------------------------------------------

numbers = st.one_of(st.floats(-1e6, 1e6), st.sampled_from([np.nan, np.inf, -np.inf]))


@given(st.lists(numbers, min_size=1, max_size=300), st.integers(2, 50))
def test_an_envelope_keeps_the_least_and_the_greatest_of_every_column(values, width):
    values, steps = np.array(values), np.arange(len(values)) * 3
    found = reduce(steps, values, width, 0, steps[-1] or 1)
    finite = values[np.isfinite(values)]
    if len(finite):
        assert np.nanmin(found.low) == finite.min() and np.nanmax(found.high) == finite.max()
        assert (found.low[found.finite] <= found.mean[found.finite] + 1e-6).all()
    else:
        assert not found.finite.any()
    assert found.broken.any() == (not np.isfinite(values).all())


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=200, unique=True), st.integers(2, 64))
def test_columns_equal_those_of_a_plain_loop(steps, width):
    steps = np.array(sorted(steps))
    values = np.sin(steps)
    found = reduce(steps, values, width, 0, 1000)
    columns: dict[int, list[float]] = {}
    for step, value in zip(steps.tolist(), values.tolist(), strict=True):
        columns.setdefault(int(np.floor(step * (width - 1) / 1000 + 0.5)), []).append(value)
    assert found.columns.tolist() == sorted(columns)
    for index, column in enumerate(found.columns.tolist()):
        inside = columns[column]
        assert (found.low[index], found.high[index]) == (min(inside), max(inside))
        assert (found.first[index], found.last[index]) == (inside[0], inside[-1])
        assert found.mean[index] == pytest.approx(np.mean(inside))


def test_a_spike_of_one_step_among_ten_million_points_is_seen():
    count = 10_000_000
    values = np.full(count, 1.0)
    values[::2] = 0.9
    values[7_654_321] = 3.0
    lines = plain(curves.render([("loss", np.arange(count), values)], 80, 24, LOOK, smooth=0.75))
    column = lines[1].index("▲")
    assert "3.000" in lines[1]
    assert column == pytest.approx(5 + 0.7654 * 75, abs=1)
    # with a range that holds it, it is drawn to its full height
    whole = plain(curves.render([("loss", np.arange(count), values)], 80, 24, LOOK, y_range=(0.5, 3.0)))
    assert whole[1][column] != " " and whole[10][column] != " "


def test_nothing_is_copied_and_the_arrays_can_grow_afterwards():
    steps, values = falling()
    curves.render([("loss", steps, values)], 80, 24, LOOK, smooth=0.75)
    steps.append(3001)  # BufferError where a view of it were still held
    values.append(0.2)


# -- gaps --------------------------------------------------------------------------------------------------------------


def test_not_a_number_is_a_gap_with_a_cross():
    steps = np.arange(1000)
    values = np.ones(1000)
    values[400:600] = np.nan
    lines = plain(curves.render([("loss", steps, values)], 80, 24, LOOK, x_min=0, x_max=999))
    canvas = [line[5:] for line in lines[1:-2]]
    crosses = [column for column, character in enumerate(canvas[-1]) if character == "×"]
    assert crosses == list(range(crosses[0], crosses[-1] + 1))
    assert crosses[0] == pytest.approx(30, abs=1) and crosses[-1] == pytest.approx(45, abs=1)
    for row in canvas[:-1]:
        assert not row[crosses[0] + 1 : crosses[-1]].strip()


def test_a_single_infinity_breaks_the_line_and_tells_itself_in_the_legend():
    lines = plain(curves.render([("loss", [0, 10, 20], np.array([1.0, 2.0, np.inf]))], 40, 12, LOOK))
    assert lines[0].startswith("━━ loss inf")
    assert "×" in lines[-3]


@pytest.mark.parametrize("values", [[np.nan] * 5, [np.inf, -np.inf], [1e308, -1e308, 1e308], [0.0, 0.0], [-1e-320]])
@pytest.mark.parametrize("log_y", [False, True])
def test_extreme_values_are_drawn_without_complaint(values, log_y):
    lines = curves.render([("loss", range(len(values)), np.array(values))], 60, 15, LOOK, smooth=0.5, log_y=log_y)
    assert widths(lines) == {60}


# -- the range and the average -----------------------------------------------------------------------------------------


def test_an_outlier_at_the_start_does_not_squash_the_curve():
    steps, values = falling()
    values[0] = 1e4
    lines = plain(curves.render([("loss", steps, values)], 80, 24, LOOK, smooth=0.75))
    assert "▲" in lines[1] and "10000" in lines[1]
    without = plain(curves.render([("loss", steps, falling()[1])], 80, 24, LOOK, smooth=0.75))
    rows = [sum(1 for line in found[1:-2] if line[5:].strip()) for found in (lines, without)]
    assert rows[0] >= rows[1] - 4  # the curve still has nearly all the height


def test_an_ordinary_fall_is_shown_whole():
    steps, values = falling()
    envelope = reduce(np.asarray(steps), np.asarray(values), 150, 0, 3000)
    low, high = robust_range([envelope])
    assert low <= min(values) and high >= max(values)


def test_smoothing_at_the_newest_point_is_the_debiased_exponential_average():
    values = np.random.default_rng(1).normal(size=50)
    average, weight = 0.0, 0.0
    for value in values:
        average, weight = 0.9 * average + 0.1 * value, 0.9 * weight + 0.1
    assert smoothed(np.arange(50), values, 0.9)[-1] == pytest.approx(average / weight)


@given(st.floats(0.1, 0.95), st.floats(-5, 5), st.floats(-3, 3))
def test_smoothing_neither_lags_behind_a_line_nor_bends_it_in_its_middle(strength, start, slope):
    values = start + slope * np.arange(401.0)
    assert smoothed(np.arange(401), values, strength)[200] == pytest.approx(values[200], abs=1e-3 + 0.05 * abs(slope))


def test_smoothing_keeps_gaps():
    values = np.array([1.0, np.nan, 3.0])
    assert np.isnan(smoothed(np.arange(3), values, 0.5)).tolist() == [False, True, False]


def test_the_raw_line_stays_faint_beneath_the_average():
    steps, values = falling()
    lines = curves.render([("loss", steps, values)], 80, 24, LOOK, smooth=0.75)
    styles = {segment.style for line in lines[1:-2] for segment in line[1:] if segment.text.strip()}
    assert styles == {palette.ink(palette.series(0), LOOK), palette.faint(palette.series(0), LOOK)}


# -- what it looks like ------------------------------------------------------------------------------------------------


@given(st.integers(0, 130), st.integers(0, 45), st.integers(0, 3), st.booleans(), st.booleans(), st.booleans())
@settings(deadline=None)
def test_the_size_is_exact_for_every_size(width, height, count, log_y, unicode, coloured):
    look = TerminalCapabilities(unicode=unicode, colours="true" if coloured else "none")
    steps, values = falling(500)
    given_curves = [(f"кривая {index} 損失", steps, values) for index in range(count)]
    lines = curves.render(given_curves, width, height, look, smooth=0.7, log_y=log_y, marks=[(100, "lr 0.1")])
    assert len(lines) == height
    assert widths(lines) <= {width}
    assert unicode or all(re.sub("[а-я損失]", "", line).isascii() for line in plain(lines))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("look", [TerminalCapabilities(), TerminalCapabilities(unicode=False, colours="none")])
def test_loss_curves(size, look, golden):
    steps, values = falling()
    evaluated = array("q", range(100, 3001, 100))
    test = array("d", [0.25 + 2.2 * float(np.exp(-step / 400)) for step in evaluated])
    values[1500:1530] = array("d", [float("nan")] * 30)
    lines = curves.render(
        [("loss", steps, values), ("test_loss", evaluated, test)],
        *size,
        look,
        smooth=0.75,
        x_min=0,
        x_max=4000,
        marks=[(2000, "lr 0.001")],
        x_title="step",
    )
    kind = "braille" if look.unicode else "ascii"
    golden(f"curves-{kind}-{size[0]}x{size[1]}", written(lines) if look.unicode else plain(lines))


def test_the_logarithmic_axis_has_powers_of_ten(golden):
    steps = array("q", range(1, 2001))
    values = array("d", [10 * 0.995**step for step in steps])
    lines = curves.render([("loss", steps, values)], 80, 24, LOOK, log_y=True)
    labels = [line[:5].strip("│┤└ ") for line in plain(lines)[1:-2]]
    assert {"1", "0.1", "0.01", "1e-3"} <= set(labels)
    golden("curves-log-80x24", plain(lines))


def test_curves_of_few_points_lie_over_those_of_many():
    steps = np.arange(1000)
    lines = curves.render(
        [("many", steps, np.ones(1000)), ("few", steps[::250], np.ones(4))], 60, 12, LOOK, y_range=(0, 2)
    )
    colours = {segment.style.color.triplet.hex for line in lines[1:-2] for segment in line[1:] if segment.text.strip()}
    few = palette.ink(palette.series(1), LOOK).color.triplet.hex
    assert few in colours


def colours_of(lines: list) -> set[str]:
    """The inks of what is drawn to the right of the y axis."""
    inked = [part for line in lines[1:-2] for part in line[1:] if part.text.strip() and part.style and part.style.color]
    return {part.style.color.triplet.hex for part in inked if part.style.color.triplet}


def test_curves_that_coincide_take_turns_so_that_each_is_seen():
    steps, values = np.arange(1000), np.linspace(0, 1, 1000)
    lines = curves.render([(name, steps, values) for name in "abc"], 60, 12, LOOK)
    assert colours_of(lines) == {palette.ink(palette.series(index), LOOK).color.triplet.hex for index in range(3)}


def test_a_curve_over_the_noise_of_another_keeps_its_colour():
    """Only thin lines take turns: a broad band beneath a line would make it dashes."""
    steps = np.arange(4000)
    noise = np.random.default_rng(0).normal(0.5, 0.3, 4000)
    alone = [("line", steps[::100], np.full(40, 0.5))]
    of_line = palette.ink(palette.series(0), LOOK).color.triplet.hex
    drawn = curves.render([*alone, ("noise", steps, noise)], 60, 16, LOOK, y_range=(-1, 2))
    cells = [
        part.cell_length for line in drawn[1:-2] for part in line[1:]
        if part.style and part.style.color and part.style.color.triplet and part.style.color.triplet.hex == of_line
    ]  # fmt: skip
    assert sum(cells) >= 50  # 55 columns


@pytest.mark.parametrize(
    ("low", "high", "bounds", "says"),
    [
        (0.98, 1.0, (0, 1), "y zoomed"),
        (0.3, 1.0, (0, 1), ""),
        (2.29, 2.31, None, "y zoomed"),  # a loss: what is small about its fall is that it is far from 0
        (0.2, 2.3, None, ""),
    ],
)
def test_an_axis_of_a_small_part_of_what_can_be_says_that_it_is_zoomed(low, high, bounds, says):
    drawn = plain(curves.render([("accuracy", [1, 50], np.array([low, high]))], 60, 12, LOOK, bounds=bounds))
    assert drawn[0].startswith(f"{says}  ━━ accuracy".strip())


def test_a_logarithmic_axis_says_so():
    drawn = plain(curves.render([("error", [1, 50], np.array([1e-5, 1.0]))], 60, 12, LOOK, log_y=True, title="error"))
    assert drawn[0].startswith("error y log  ━━ error")


def test_whole_numbers_have_ticks_at_whole_numbers_alone():
    given_curves = [("found", [1, 50], np.array([0.0, 2.0]))]
    labels = [line[:5].strip("│┤└ ") for line in plain(curves.render(given_curves, 60, 20, LOOK, whole=True))[1:-2]]
    assert {label for label in labels if label} == {"0", "1", "2"}


def test_a_single_point_is_a_visible_dot():
    assert "•" in "".join(plain(curves.render([("loss", [1], np.array([2.0]))], 40, 12, LOOK)))


def test_the_legend_drops_samples_before_names_and_counts_what_is_left_over():
    many = [(f"metric{index}", [1, 2], np.array([1.0, 2.0])) for index in range(9)]
    assert plain(curves.render(many[:2], 40, 8, LOOK))[0].rstrip() == "━━ metric0 2.000  ━━ metric1 2.000"
    assert plain(curves.render(many[:2], 32, 8, LOOK))[0].rstrip() == "metric0 2.000  metric1 2.000"
    assert plain(curves.render(many, 40, 8, LOOK))[0].rstrip().endswith("+5")  # the names, without their values
    roomy = plain(curves.render(many, 40, 12, LOOK))
    assert all(f"metric{index}" in "".join(roomy) for index in range(9)) and "+" not in "".join(roomy[:3])


def test_without_colours_curves_differ_by_their_dashes():
    steps = np.arange(1000)
    values = np.ones(1000)
    look = TerminalCapabilities(colours="none")
    drawn = plain(curves.render([("a", steps, values), ("b", steps, values + 1)], 60, 12, look))
    rows = [line[5:] for line in drawn[1:-2] if line[5:].strip()]
    assert len(set(rows)) == 2
    assert drawn[0].startswith("━━ a ") and "╍╍ b" in drawn[0]


def test_no_numbers_says_so():
    assert "No numbers yet." in "".join(plain(curves.render([], 40, 10, LOOK)))
