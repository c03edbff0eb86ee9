"""Plots: which one comes first, and which axis shows its curves."""

import numpy as np
import pytest

from dltui.recipes.recipe import Recipe
from dltui.render import plots
from dltui.runs.history import History

RECIPE = Recipe("x", "", None, {"title": "x", "task": {"kind": "classify"}, "expect": {"error": "<= 1"}})


def history(**curves: list[float]) -> History:
    found, count = History(), max(map(len, curves.values()))
    found.take([{"kind": "started", "t": 1.0, "step": 0, "steps": count, "series": [""], "data": {}}])
    for name, values in curves.items():
        steps = list(range(1, len(values) + 1))
        found.take([{"kind": "scalars", "t": 2.0, "series": "", "step": steps, "values": {name: list(values)}}])
    return found


def test_what_never_changes_comes_last():
    level, rising = [3e-16] * 9, list(range(9))
    assert plots.groups(history(error=level, found=rising), RECIPE) == [["found"], ["error"]]
    assert plots.groups(history(error=rising, found=rising), RECIPE) == [["error"], ["found"]]  # claimed


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
