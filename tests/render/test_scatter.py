"""Points of classes: in their place, named, told apart without colours."""

import numpy as np

from dltui.render import scatter
from dltui.render.terminal_capabilities import TerminalCapabilities

from .conftest import LOOKS, plain
from .examples import CLUSTERS, EXAMPLES


def test_golden(drawn_as_golden):
    drawn_as_golden("scatter", scatter.render, EXAMPLES["scatter"])


def test_points_stand_where_they_are():
    payload = {"x": [0, 1], "y": [0, 1], "label": ["low", "high"], "classes": ["low", "high"]}
    drawn = plain(scatter.render(payload, 20, 6, LOOKS["none"]))
    assert "l" in drawn[-1][:3] and "h" in drawn[0][-3:]


def test_every_class_has_its_colour():
    drawn = scatter.render(EXAMPLES["scatter"], 60, 15, TerminalCapabilities())
    dots = {
        segment.style.color.triplet for line in drawn for segment in line if any("⠀" < c <= "⣿" for c in segment.text)
    }
    assert len(dots) == 5


def test_a_class_name_stands_among_its_points():
    x = np.concatenate([np.full(30, -5.0), np.full(30, 5.0), [0.0]])
    payload = {"x": x, "y": np.tile([0.0, 1.0], 31)[:61], "label": np.repeat([0, 1, 2], [30, 30, 1]),
               "classes": ["west", "east", "middle"]}  # fmt: skip
    text = "\n".join(plain(scatter.render(payload, 60, 15, TerminalCapabilities()))[2:])
    row = next(line for line in text.splitlines() if "west" in line)
    assert row.index("west") < 15 and row.index("east") > 45


def test_names_of_classes_that_lie_on_each_other_stand_beside_each_other():
    x = np.linspace(-1, 1, 90)
    payload = {"x": x, "y": np.tile([0.0, 1.0], 45), "label": np.arange(90) % 3, "classes": ["west", "east", "middle"]}
    text = "\n".join(plain(scatter.render(payload, 60, 15, TerminalCapabilities()))[2:])
    assert all(name in text for name in ("west", "east", "middle"))


def test_without_a_finite_point_it_says_so():
    assert "no points" in "".join(plain(scatter.render({"x": [], "y": []}, 30, 5, TerminalCapabilities())))


def test_golden_of_clusters(drawn_as_golden):
    drawn_as_golden("scatter-clusters", scatter.render, CLUSTERS)


def test_marks_stand_on_their_places_and_take_that_of_the_names():
    lines = plain(scatter.render(CLUSTERS, 60, 15, TerminalCapabilities()))
    assert "".join(lines).count("✚") == 5
    row = next(line for line in reversed(lines[:-2]) if "✚" in line)
    assert 25 < row.index("✚") < 45  # the fifth, at the bottom right


def test_marks_leave_a_path_through_them_visible():
    """A fit is to be seen where it passes its points."""
    ends = {"x": [0.0, 4.0], "y": [0.0, 4.0]}
    payload = ends | {"paths": [{"x": [0.0, 4.0], "y": [2.0, 2.0]}], "marks": {"x": [2.0], "y": [2.0], "label": [0]}}
    drawn = scatter.render(payload, 21, 5, TerminalCapabilities())
    assert not any(segment.style and segment.style.bgcolor for line in drawn for segment in line)
    middle = plain(drawn)[2]
    assert all("\u2800" < cell <= "\u28ff" for cell in middle) and len({ord(cell) for cell in middle[8:13]}) > 1


def test_a_class_that_stays_behind_is_grey_whatever_its_number():
    drawn = scatter.render(CLUSTERS, 60, 15, TerminalCapabilities())
    crosses = {s.style.color.triplet for line in drawn[1:] for s in line if "×" in s.text}
    names = {s.style.color.triplet for line in drawn[1:] for s in line if "⠀" < s.text[:1] <= "⣿" and s.style.color}
    assert len(crosses) == 1 and not crosses & names
    assert "noise" not in "".join(plain(drawn[1:]))


def test_a_path_joins_its_places():
    payload = {"x": [0.0, 4.0], "y": [0.0, 4.0], "paths": [{"x": [0.0, 4.0], "y": [4.0, 4.0]}]}
    top = plain(scatter.render(payload, 20, 6, TerminalCapabilities()))[0]
    assert sum(c > "⠀" for c in top) >= 17


def test_a_line_and_its_residuals_have_names_and_colours_of_their_own():
    residuals = [{"name": "residuals", "x": [at, at], "y": [at, at + 1]} for at in (0.3, 0.5, 0.7)]
    payload = {"x": [0, 1], "y": [0, 2], "label": [0, 1], "classes": ["training rows", "test rows"],
               "paths": [{"name": "predicted", "x": [0, 1], "y": [0, 1]}, *residuals]}  # fmt: skip
    drawn = scatter.render(payload, 60, 16, LOOKS["true"])
    key = "".join(plain(drawn)[:2])
    assert "━━ predicted" in key and "━━ residuals" in key
    ink = {part.style for line in drawn[2:-2] for part in line[1:] if any("⠀" < sign <= "⣿" for sign in part.text)}
    signs = [part.style for line in drawn[:2] for part in line if part.text.startswith("━━")]
    assert len(set(signs)) == 2 and set(signs) <= ink  # each in the colour that the key gives it


def test_a_low_picture_names_both_axes_beneath_it():
    payload = {"x": [0, 1], "y": [0, 1], "x_title": "x1", "y_title": "x2"}
    assert plain(scatter.render(payload, 40, 9, LOOKS["true"]))[-1].rstrip().endswith("x1, up: x2")
    tall = plain(scatter.render(payload, 40, 16, LOOKS["true"]))
    assert tall[-1].rstrip().endswith("x1") and tall[0].startswith("x2")


def test_colours_are_mixed_by_shares():
    """Guards soft clusterings: half of two classes is neither's colour, and a whole share is the class's own."""
    payload = {"x": [0, 1, 2], "y": [0, 1, 2], "label": [0, 0, 1], "classes": ["1", "2"]}
    mixed = payload | {"shares": [[1, 0], [0.5, 0.5], [0, 1]]}

    def inks(of):
        drawn = scatter.render(of, 20, 6, TerminalCapabilities())
        return [
            segment.style.color.triplet
            for line in drawn
            for segment in line
            if any("⠀" < c <= "⣿" for c in segment.text)
        ]

    second, half, first = inks(mixed)
    assert {first, second} == set(inks(payload)) and half not in (first, second)
    assert plain(scatter.render(mixed, 20, 6, LOOKS["none"])) == plain(scatter.render(payload, 20, 6, LOOKS["none"]))
