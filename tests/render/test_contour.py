"""Contour maps: low and high told apart, every trail on its way, its head where it stands."""

import numpy as np

from dltui.render import contour
from dltui.render.terminal_capabilities import TerminalCapabilities

from .conftest import LOOKS, plain
from .examples import EXAMPLES


def test_golden(drawn_as_golden):
    drawn_as_golden("contour", contour.render, EXAMPLES["contour"])


def slope(**more) -> dict:
    """Heights that rise to the right by a factor of a million."""
    values = np.repeat(10.0 ** np.linspace(-3, 3, 60)[None], 40, 0)
    return {"type": "contour", "values": values, "x": [0, 1], "y": [0, 1]} | more


def test_steep_and_flat_parts_are_both_seen():
    """Bands hold equal shares of the map: heights over six powers of ten do not end in one of them."""
    line = contour.render(slope(), 22, 5, TerminalCapabilities())[2]
    grounds = [segment.style.bgcolor.triplet for segment in line]
    lightness = [sum(ground) for ground in grounds]
    assert len(grounds) >= 10 and lightness == sorted(lightness)


def test_a_trail_is_joined_and_its_head_stands_at_its_end():
    trail = {"names": ["down"], "trail_x": [[0.1, 0.9]], "trail_y": [[0.9, 0.1]]}
    lines = plain(contour.render(slope(**trail), 20, 10, LOOKS["none"]))
    assert [line.find("1") for line in lines[3:8]] == sorted(line.find("1") for line in lines[3:8])
    assert all("1" in line for line in lines[1:9])
    [head] = [(row, s.text) for row, line in enumerate(contour.render(slope(**trail), 20, 7, TerminalCapabilities()))
              for s in line               if "●" in s.text]  # fmt: skip
    assert head[0] == 6


def test_what_leaves_the_map_is_followed_to_its_edge_only():
    trail = {"names": ["away"], "trail_x": [[0.5, 1e300, float("nan")]], "trail_y": [[0.5, 0.5, 0.5]]}
    lines = plain(contour.render(slope(**trail), 21, 5, LOOKS["none"]))
    assert "".join(lines).count("1") == lines[2].count("1") >= 10


def test_trails_are_told_apart():
    trail = {"names": ["a", "b"], "trail_x": [[0.1, 0.1], [0.9, 0.9]], "trail_y": [[0.1, 0.9], [0.1, 0.9]]}
    lines = plain(contour.render(slope(**trail), 20, 6, LOOKS["none"]))
    assert all(line.index("1") < line.index("2") for line in lines[1:5])
    inks = {
        segment.style.color.triplet
        for line in contour.render(slope(**trail), 20, 6, TerminalCapabilities())
        for segment in line
        if any("⠀" < character <= "⣿" for character in segment.text)
    }
    assert len(inks) == 2


def test_a_place_of_interest_is_marked_where_no_trail_lies():
    lines = plain(contour.render(slope(marks={"x": [0.5, 9], "y": [0.5, 9]}), 21, 5, LOOKS["true"]))
    assert lines[2][10] == "×" and "".join(lines).count("×") == 1


NINE = [f"way {number}" for number in range(9)]


def ways(count: int) -> dict:
    """Trails beside one another, from the bottom to the top."""
    x = np.linspace(0.1, 0.9, count)[:, None].repeat(2, 1)
    return {"names": NINE[:count], "trail_x": x, "trail_y": np.tile([0.1, 0.9], (count, 1))}


def test_more_than_three_trails_have_a_map_each():
    """At 80x24 a pane has 39x17 cells: nine trails on one map of that size hide one another."""
    payload = slope(**ways(9), x_title="w1", y_title="w2")
    drawn = contour.render(payload, 39, 17, LOOKS["true"])
    text = plain(drawn)
    assert all(name in "\n".join(text) for name in NINE) and text[-1].startswith("w1 0 to 1, up: w2 0 to 1")
    for row in (slice(1, 4), slice(7, 9), slice(12, 14)):  # a trail in each of the three maps of a shelf
        inks = {part.style.color.triplet for line in drawn[row] for part in line
                if any("⠀" < sign <= "⣿" for sign in part.text)}  # fmt: skip
        assert len(inks) == 3
    assert "w1" in plain(contour.render(slope(**ways(3), x_title="w1"), 39, 17, LOOKS["true"]))[-1]  # on one map


def test_places_without_a_way_stay_on_one_map_with_the_trail():
    """As the snapshots that were taken on the way."""
    still = ways(9) | {"trail_y": [[0.1, 0.9], *[[0.5, 0.5]] * 8]}
    drawn = plain(contour.render(slope(**still, x_title="w1", y_title="w2"), 60, 17, LOOKS["true"]))
    assert drawn[-1].rstrip().endswith("w1") and sum(line.count("●") for line in drawn[4:]) >= 8


def test_small_maps_have_their_size_whatever_the_room():
    for width in (10, 24, 39, 60, 120):
        for height in (3, 8, 14, 40):
            drawn = plain(contour.render(slope(**ways(9)), width, height, LOOKS["true"]))
            assert len(drawn) == height and {len(line) for line in drawn} == {width}
