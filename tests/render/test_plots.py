"""Plots: which one comes first, and which axis shows its curves."""

import re

import numpy as np
import pytest

from dltui.recipes.metric import Metric
from dltui.recipes.recipe import Recipe
from dltui.render import plots
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.history import History
from tests.render.conftest import plain

RECIPE = Recipe("x", "", None, {"title": "x", "task": {"kind": "classify"}, "expect": {"error": "<= 1"}})


def history(**curves: list[float]) -> History:
    found, count = History(), max(map(len, curves.values()))
    found.take([{"kind": "started", "t": 1.0, "step": 0, "steps": count, "series": [""], "data": {}}])
    for name, values in curves.items():
        steps = list(range(1, len(values) + 1))
        found.take([{"kind": "scalars", "t": 2.0, "series": "", "step": steps, "values": {name: list(values)}}])
    return found


LOOK = TerminalCapabilities()


def declared(read: History, **metrics: Metric) -> History:
    read.declared = metrics
    return read


def variants(names: list[str], values: dict[str, list[float]]) -> History:
    """The same curves of every variant."""
    found = History()
    found.take([{"kind": "started", "t": 1.0, "step": 0, "steps": 9, "series": names, "data": {}}])
    for series in names:
        for name, points in values.items():
            steps = list(range(1, len(points) + 1))
            found.take([{"kind": "scalars", "t": 2.0, "series": series, "step": steps, "values": {name: points}}])
    return found


def test_what_is_counted_stands_beneath_the_curves_and_is_none():
    found = declared(history(cases=[20, 40, 60], loss=[3.0, 2.0, 1.0]), cases=Metric("", counter=True))
    drawn = plain(plots.render(found, RECIPE, 50, 12, LOOK))
    assert drawn[-1].startswith("cases 60 ") and "cases" not in "".join(drawn[:-1]) and drawn[0].startswith("━━ loss")
    alone = declared(history(cases=[20, 40]), cases=Metric("", counter=True, unit="sentences"))
    assert plain(plots.render(alone, RECIPE, 50, 12, LOOK))[0].startswith("cases 40 sentences")


def test_a_count_of_variants_names_each_of_them():
    found = variants(["slow", "fast"], {"steps_to_goal": [1.0, 2.0], "loss": [2.0, 1.0]})
    found.declared = {"steps_to_goal": Metric("", counter=True, unit="steps")}
    assert plain(plots.render(found, RECIPE, 60, 12, LOOK))[-1].startswith("steps_to_goal steps  slow 2  fast 2")


def test_a_count_is_not_smoothed():
    """Its corners are where something was found."""
    values = [0.0] * 50 + [9.0] * 50
    kinds = {"found": Metric("", whole=True)}, {"found": Metric("")}
    shown = [plots.draw(declared(history(found=values), **kind), ["found"], 40, 12, LOOK) for kind in kinds]
    assert plots.draw(history(found=values), ["found"], 40, 12, LOOK, smooth=0.0).lines[1:] == shown[0].lines[1:]
    assert shown[0].lines[1:] != shown[1].lines[1:]


def test_a_plot_of_variants_has_the_metric_and_its_unit_for_a_title():
    found = variants(["a", "b"], {"angle": [1.0, 2.0]})
    found.declared = {"angle": Metric("", unit="degrees")}
    assert plain(plots.draw(found, ["angle"], 60, 12, LOOK).lines)[0].startswith("angle, degrees  ━━ a 2.000")
    one = declared(history(angle=[1.0, 2.0]), angle=Metric("", unit="degrees"))
    assert plain(plots.draw(one, ["angle"], 60, 12, LOOK).lines)[0].startswith("━━ angle 2.000 degrees")


@pytest.mark.parametrize(("width", "height"), [(39, 18), (58, 33), (80, 40), (30, 11)])
def test_no_legend_leaves_a_curve_out_for_another_plot(width, height):
    """Nine variants at 80x24: one plot that names them all, rather than two that count them."""
    names = ["gd", "sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam", "adamw"]
    found = variants(names, {"loss": [2.0, 1.0], "accuracy": [0.1, 0.2], "error": [1.0, 2.0]})
    drawn = "\n".join(plain(plots.render(found, RECIPE, width, height, LOOK)))
    number = drawn.count("step")
    assert number >= 1 and not re.search(r"  \+\d", drawn)
    assert all(drawn.count(f"{name} ") + drawn.count(f"{name}\n") >= number for name in names)


def test_a_metric_that_spans_powers_of_ten_has_a_logarithmic_axis():
    found = declared(history(ratio=[1.0, 1.0]), ratio=Metric("", log=True))
    assert plots.wants_log(found, ["ratio"])


def test_what_never_changes_comes_last():
    level, rising = [3e-16] * 9, list(range(9))
    assert plots.groups(history(error=level, found=rising), RECIPE) == [["found"], ["error"]]
    assert plots.groups(history(error=rising, found=rising), RECIPE) == [["error"], ["found"]]  # claimed


def test_what_was_measured_once_makes_room_for_what_moves():
    """Between two evaluations the training loss is what there is to see."""
    assert plots.groups(history(error=[0.9], loss=[3.0, 2.0, 1.0]), RECIPE) == [["loss"], ["error"]]
    assert plots.groups(history(error=[0.9, 0.5], loss=[3.0, 2.0, 1.0]), RECIPE) == [["error"], ["loss"]]
    assert plots.groups(history(loss=[3.0], error=[0.9]), RECIPE) == [["error"], ["loss"]]


@pytest.mark.parametrize(
    ("heights", "log"),
    [
        ([1000, 0.5, 0.04, 0.001], True),
        ([0.003, 3e-4, 2e-5, 4e-10], True),
        ([2.3, 0.02, 1.5, 1.1], False),  # one of four: the others are seen
        ([1.0, 1e-5], False),  # a training loss beside that of the test rows
        ([1.0, 0.0, 0.0], False),  # nought has no logarithm
        ([1.0, float("nan"), 1e-5], False),
    ],
)
def test_the_axis_is_logarithmic_where_an_even_one_would_hide_most_curves(heights, log):
    found = history(**{f"loss_{place}": np.full(100, height).tolist() for place, height in enumerate(heights)})
    group = [f"loss_{place}" for place in range(len(heights))]
    assert plots.wants_log(found, group) is log
