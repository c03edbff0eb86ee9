"""Curves with axes: in their place, with gaps where there is no number."""

import numpy as np

from dltui.render import lines
from dltui.render.terminal_capabilities import TerminalCapabilities

from .conftest import LOOKS, plain
from .examples import EXAMPLES


def one(x: list, y: list, **more: object) -> dict:
    return {"type": "lines", "curves": [{"name": "curve", "x": x, "y": y}], **more}


def test_golden(drawn_as_golden):
    drawn_as_golden("lines", lines.render, EXAMPLES["lines"])


def test_a_line_goes_from_corner_to_corner():
    """Without room for axes the canvas is all there is."""
    drawn = plain(lines.render(one([0, 1], [0, 1]), 10, 5, TerminalCapabilities()))
    assert drawn[4][0] != " " and drawn[0][-1] != " " and drawn[0][0] == " " and drawn[4][-1] == " "


def test_a_number_that_is_none_is_a_gap():
    x = np.linspace(0, 1, 100)
    y = np.where(np.abs(x - 0.5) < 0.2, np.nan, 0.5)
    drawn = "".join(plain(lines.render(one(x, [*y[:-1], 1.0]), 20, 5, TerminalCapabilities()))[2:])
    rows = [drawn[start : start + 20] for start in range(0, 60, 20)]
    assert all(row[8:12] == "    " for row in rows)


def test_a_logarithmic_axis_makes_a_power_straight():
    x = np.logspace(0, 4, 50)
    straight = plain(lines.render(one([0.0, 4.0], [0.0, 8.0]), 12, 6, TerminalCapabilities()))
    assert plain(lines.render(one(x, x**2, log_x=True, log_y=True), 12, 6, TerminalCapabilities())) == straight


def test_curves_differ_without_colours():
    payload = {"curves": [{"name": name, "x": [0, 1], "y": [y, y]} for name, y in (("a", 0), ("b", 1))]}
    drawn = plain(lines.render(payload, 60, 12, LOOKS["none"]))
    inked = [line.count(" ") for line in drawn[1:-2] if set(line[6:]) - set(" │┤")]
    assert len(inked) == 2 and inked[0] != inked[1]


def test_without_a_finite_point_it_says_so():
    assert "no curve" in "".join(plain(lines.render(one(["nan"], ["nan"]), 30, 5, TerminalCapabilities())))
