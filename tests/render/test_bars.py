"""Bars are as long as their values, on both sides of zero."""

from dltui.render import bars
from dltui.render.terminal_capabilities import TerminalCapabilities

from .conftest import LOOKS, plain
from .examples import EXAMPLES


def test_golden(drawn_as_golden):
    drawn_as_golden("bars", bars.render, EXAMPLES["bars"])


def test_a_bar_is_as_long_as_its_value():
    lines = plain(bars.render({"labels": ["a", "b"], "values": [10, 5]}, 25, 2, LOOKS["ascii"]))
    assert [line.count("#") for line in lines] == [20, 10]


def test_a_part_of_a_cell_is_shown():
    [line] = plain(bars.render({"labels": ["a"], "values": [1]}, 10, 3, TerminalCapabilities()))[:1]
    assert line == "a ██████ 1"
    lines = plain(bars.render({"labels": ["a", "b"], "values": [8, 0.5]}, 12, 6, TerminalCapabilities()))
    assert lines[3] == "b ▎    0.500"  # a quarter of a cell: four cells are 8


def test_negative_values_go_to_the_left_of_zero():
    up, down = plain(bars.render({"labels": ["a", "b"], "values": [1, -1]}, 27, 2, LOOKS["ascii"]))
    assert up.index("#") > down.rindex("#")


def test_what_has_no_line_is_counted():
    lines = plain(bars.render({"labels": list("abcdefgh"), "values": range(8)}, 30, 5, TerminalCapabilities()))
    assert lines[-1].strip() == "+4 more" and lines[3].startswith("d")


def test_a_hollow_bar_is_as_long_as_a_full_one():
    payload = {"labels": ["a", "b", "c"], "values": [10, 10, -5], "hollow": [1, 2]}
    full, hollow, back = plain(bars.render(payload, 28, 3, LOOKS["ascii"]))
    assert full.count("#") == hollow.count(".") > 0 == hollow.count("#")
    assert hollow.index(".") == full.index("#") > back.rindex(".")
