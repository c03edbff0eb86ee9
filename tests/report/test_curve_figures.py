"""Curves as vector figures."""

import math
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from dltui.report import curve_figures
from dltui.report.curve_figures import COLUMNS, TALL
from dltui.runs import compare
from tests.render.fake_run import LENET, MOONS, STEPS, FakeRun


def plane(figure) -> ET.Element:
    (found,) = [one for one in ET.fromstring(figure.svg).iter() if one.get("class") == "plane"]
    return found


def points(path: ET.Element) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](\S+) (\S+?)(?=[ML]|$)", path.get("d"))]


def test_each_point_of_a_short_curve_is_drawn_at_its_step(tmp_path):
    made = FakeRun(tmp_path, LENET, "lenet")
    made.scalars(0, 10, accuracy=lambda steps: steps / 10)
    (figure,) = curve_figures.figures(made.history(), made.recipe)
    (path,) = plane(figure)
    drawn = points(path)
    assert [x for x, _ in drawn] == list(range(11))
    heights = np.array([y for _, y in drawn])
    assert np.all(np.diff(heights) < 0), "greater values stand higher"
    assert np.ptp(np.diff(heights)) < 0.3, "evenly"
    assert [(entry.label, entry.last) for entry in figure.entries] == [("accuracy", "1.000")]


def test_a_long_curve_is_smoothed_over_what_was_measured_and_stays_small(tmp_path):
    made = FakeRun(tmp_path, LENET, "lenet")
    noise = np.random.default_rng(0)
    made.scalars(0, STEPS, loss=lambda steps: np.exp(-steps / 800) + noise.normal(0, 0.05, len(steps)))
    (figure,) = curve_figures.figures(made.history(), made.recipe)
    faint, curve = plane(figure)
    assert faint.get("class") == "faint" and len(points(curve)) <= COLUMNS
    assert (
        np.abs(np.diff([y for _, y in points(curve)])).max() < np.abs(np.diff([y for _, y in points(faint)])).max() / 4
    )
    assert points(curve)[-1][0] == STEPS


def test_nan_is_a_gap(tmp_path):
    made = FakeRun(tmp_path, LENET, "lenet")
    made.scalars(0, 10, accuracy=lambda steps: np.where(steps == 5, math.nan, 0.5 + steps / 100))
    (figure,) = curve_figures.figures(made.history(), made.recipe)
    (path,) = plane(figure)
    assert path.get("d").count("M") == 2 and len(points(path)) == 10


def test_variants_have_the_colours_of_the_screen_and_are_named(tmp_path):
    made = FakeRun(tmp_path, MOONS, "mlp-moons", series=("line", "hidden"))
    for name, end in (("line", 0.9), ("hidden", 0.99)):
        made.scalars(0, 100, name, accuracy=lambda steps, end=end: steps / 100 * end)
    (figure,) = curve_figures.figures(made.history(), made.recipe)
    assert figure.title == "accuracy"
    assert [entry.label for entry in figure.entries] == ["line", "hidden"]
    assert len({entry.colour for entry in figure.entries}) == 2
    assert {path.get("stroke") for path in plane(figure)} == {entry.colour for entry in figure.entries}


def test_a_curve_far_outside_is_told(tmp_path):
    made = FakeRun(tmp_path, LENET, "lenet")
    made.scalars(0, 400, loss=lambda steps: np.where(steps == 0, 1000.0, 1 - steps / 1000))
    (figure,) = curve_figures.figures(made.history(), made.recipe)
    assert figure.outside.endswith("… 1000")
    assert all(-TALL <= y <= 2 * TALL for path in plane(figure) for _, y in points(path))


@pytest.mark.parametrize("value", [0.0, -1.5, 1e30, 5e-324])
def test_a_level_curve_is_drawn_at_any_height(tmp_path, value):
    made = FakeRun(tmp_path, LENET, "lenet")
    made.scalars(0, 10, loss=lambda steps: np.full(len(steps), value))
    (figure,) = curve_figures.figures(made.history(), made.recipe)
    assert all(0 <= y <= TALL for path in plane(figure) for _, y in points(path))


def test_a_curve_without_any_number_leaves_its_place_empty(tmp_path):
    """The page of a run whose loss was NaN from its first step ended in a ValueError."""
    made = FakeRun(tmp_path, LENET, "lenet")
    made.scalars(0, STEPS, loss=lambda steps: np.full(len(steps), np.nan))
    (figure,) = curve_figures.figures(made.history(), made.recipe)
    assert not list(plane(figure)) and figure.entries[0].label == "loss"


def test_a_plot_of_a_short_run_beside_a_long_one_ends_where_that_run_does(tmp_path):
    """30 steps of a GAN beside 18,000 of another run were a line as thin as a hair."""
    histories = []
    for name, metric, steps in (("short", "accuracy", 30), ("long", "loss", STEPS)):
        made = FakeRun(tmp_path / name, LENET, name)
        made.scalars(0, steps, **{metric: lambda steps: steps / 10})
        histories.append(made.history())
    over = compare.laid_over(histories, ["short", "long"])
    found = curve_figures.figures(over, made.recipe, laid_over=True)
    ends = {figure.title: plane(figure).get("viewBox").split()[2] for figure in found}
    assert sorted(ends.values(), key=int) == ["30", str(STEPS)], ends
