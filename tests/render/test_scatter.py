"""Points of classes: in their place, named, told apart without colours."""

import numpy as np

from dltui.render import scatter
from dltui.render.look import Look

from .conftest import LOOKS, plain
from .examples import EXAMPLES


def test_golden(drawn_as_golden):
    drawn_as_golden("scatter", scatter.render, EXAMPLES["scatter"])


def test_points_stand_where_they_are():
    payload = {"x": [0, 1], "y": [0, 1], "label": ["low", "high"], "classes": ["low", "high"]}
    drawn = plain(scatter.render(payload, 20, 6, LOOKS["none"]))
    assert "l" in drawn[-1][:3] and "h" in drawn[0][-3:]


def test_every_class_has_its_colour():
    drawn = scatter.render(EXAMPLES["scatter"], 60, 15, Look())
    dots = {
        segment.style.color.triplet for line in drawn for segment in line if any("⠀" < c <= "⣿" for c in segment.text)
    }
    assert len(dots) == 5


def test_a_class_name_stands_among_its_points():
    x = np.concatenate([np.full(30, -5.0), np.full(30, 5.0), [0.0]])
    payload = {"x": x, "y": np.tile([0.0, 1.0], 31)[:61], "label": np.repeat([0, 1, 2], [30, 30, 1]),
               "classes": ["west", "east", "middle"]}  # fmt: skip
    text = "\n".join(plain(scatter.render(payload, 60, 15, Look()))[2:])
    row = next(line for line in text.splitlines() if "west" in line)
    assert row.index("west") < 15 and row.index("east") > 45


def test_without_a_finite_point_it_says_so():
    assert "no points" in "".join(plain(scatter.render({"x": [], "y": []}, 30, 5, Look())))
