"""Decision fields show each class's side of the plane and the points where they are."""

import numpy as np

from dltui.render import field
from dltui.render.terminal_capabilities import TerminalCapabilities

from .conftest import LOOKS, plain
from .examples import EXAMPLES


def halves(points: dict | None = None) -> dict:
    """The left half is class 0's, the right half class 1's."""
    values = np.repeat((np.arange(40) >= 20)[None], 20, 0).astype(float)
    return {
        "type": "field",
        "values": values,
        "x": [0, 1],
        "y": [0, 1],
        "points": points or {},
        "classes": ["left", "right"],
    }


def test_golden(drawn_as_golden):
    drawn_as_golden("field", field.render, EXAMPLES["field"])


def test_each_side_has_its_colour():
    line = field.render(halves(), 20, 5, TerminalCapabilities())[2]
    assert line[0].style.bgcolor.triplet.blue > line[0].style.bgcolor.triplet.red
    assert line[-1].style.bgcolor.triplet.red > line[-1].style.bgcolor.triplet.blue


def test_points_stand_where_they_are():
    """(0, 0) is at the bottom left, (1, 1) at the top right."""
    points = {"x": [0, 1, 0.5], "y": [0, 1, 0.5], "label": [0, 1, 1]}
    lines = plain(field.render(halves(points), 20, 5, LOOKS["true"]))
    assert lines[4][0] == "o" and lines[0][-1] == "x" and "x" in lines[2]


def test_points_outside_and_points_that_are_nan_are_left_out():
    points = {"x": [5.0, float("nan")], "y": [0.5, 0.5], "label": [0, 1]}
    assert not set("ox") & set("".join(plain(field.render(halves(points), 20, 5, TerminalCapabilities()))))


def test_many_points_do_not_hide_the_field():
    many = np.linspace(0, 1, 5000)
    points = {"x": many, "y": many * 7 % 1, "label": np.zeros(5000, int)}
    lines = "".join(plain(field.render(halves(points), 60, 20, TerminalCapabilities())))
    assert 20 < lines.count("o") <= 60 * 20 / 6 + 2


def test_class_numbers_have_each_their_ground():
    payload = halves() | {"values": np.repeat([[0, 1, 2]], 4, 0), "classes": ["a", "b", "c"]}
    for colours in ("true", "256", "16"):
        [line, *_] = field.render(payload, 12, 4, TerminalCapabilities(colours=colours))
        assert len({segment.style.bgcolor for segment in line}) == 3


def test_the_boundary_can_be_seen_without_colours():
    [line, *_] = plain(field.render(halves(), 20, 4, LOOKS["none"]))
    assert set(line[:8]) == {" "} and set(line[-8:]) == {"="}


def test_points_that_move_are_arrows_towards_where_they_go():
    """Guards the turn: y grows upwards in the data and downwards on the screen."""
    x, y = [0.1, 0.9, 0.5, 0.5, 0.3], [0.5, 0.5, 0.1, 0.9, 0.3]
    dx, dy = [1, -1, 0, 0, np.nan], [0, 0, 1, -1, np.nan]
    drawn = plain(field.render(halves({"x": x, "y": y, "label": [1] * 5, "dx": dx, "dy": dy}), 21, 7, LOOKS["true"]))
    text = "\n".join(drawn)
    assert [sign for sign in text if sign in field.ARROWS] == ["↓", "→", "←", "↑"] and text.count("x") == 1
    ascii_ = plain(field.render(halves({"x": x, "y": y, "label": [1] * 5, "dx": dx, "dy": dy}), 21, 7, LOOKS["ascii"]))
    assert all(sign in "\n".join(ascii_) for sign in "v><^")


def test_its_axes_have_names():
    drawn = plain(field.render(halves() | {"x_title": "height", "y_title": "weight"}, 40, 16, LOOKS["true"]))
    assert drawn[-1].rstrip().endswith("height") and any(line.startswith("weight") for line in drawn)
